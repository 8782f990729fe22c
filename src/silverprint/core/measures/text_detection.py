"""Detection of pages of text: a screenshot, a scan, a slide."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

_STROKE: Final = 32  # grey levels between pixels two apart: more than texture and noise, less than ink on paper
_BUSY, _BLANK = 0.1, 0.03  # share of a row that are edges of strokes: in a line of writing, between two of them


def count_text_lines(levels: NDArray[np.uint8]) -> int:
    """Number of lines of writing that are visible at this size: bands of rows full of strokes, with blank rows between.

    Rows count from the top, or columns from the left, whichever gives more, so that a page on its side has as many;
    so has its negative. Texture has strokes and no blank rows, an object before a plain wall is one band or two.

    Args:
        levels: (H, W) grey, 256 pixels on the longer side; lines closer than about 3 pixels run together.

    Returns:
        0 or more; 0 for less than 3 pixels of width or height.
    """
    height, width = levels.shape
    if min(height, width) < 3:
        return 0
    rows, columns = _strokes(levels)
    return max(_bands(rows, width - 2), _bands(columns, height - 2))


@njit(cache=True)
def _strokes(levels: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(H,) and (W,): edges of strokes in each row, of those across it, and in each column."""
    height, width = levels.shape
    rows, columns = np.zeros(height, np.int32), np.zeros(width, np.int32)
    for y in range(height):
        count = np.int32(0)
        for x in range(width - 2):
            count += _step(levels[y, x + 2], levels[y, x]) >= _STROKE
        rows[y] = count
    for y in range(height - 2):
        for x in range(width):
            columns[x] += _step(levels[y + 2, x], levels[y, x]) >= _STROKE
    return rows, columns


@njit(inline="always")
def _step(one: np.uint8, other: np.uint8) -> np.uint8:
    """How far two levels are apart, in eight bits: sixteen cost twice as much."""
    return np.uint8(one - other) if one > other else np.uint8(other - one)


@njit(cache=True)
def _bands(edges: NDArray[np.int32], most: int) -> int:
    """Runs of busy rows that a blank row parts; rows between the two limits belong to what was before."""
    bands, busy = 0, False
    for count in edges:
        if count >= _BUSY * most:
            bands += not busy
            busy = True
        elif count <= _BLANK * most:
            busy = False
    return bands
