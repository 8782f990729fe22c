"""Borders of uniform colour: frames, bars above and below, the empty paper around a thing."""

from typing import Any, Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Levels = NDArray[np.uint8]

WAY: Final = (
    "unframed"  # of two pictures that are the same but for their borders, as `core.duplicates.turned_hashes.WAYS` are
)

_NEAR = 24  # levels, at most, from the border's: compression leaves such beside an edge
_LEAST = 0.25  # share of either side that must be left: the hash of a dot says nothing
_ROUNDS = 4  # a frame, the row in which it and the paper mix, the paper in it, and one more


def inner_box(levels: Levels) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of what lies inside of all borders of (H, W) grey levels, the last two not within.

    A border is rows, or columns, from one edge on that are all of one level, but for their ends, where borders meet.

    Returns:
        None where there is no border, or hardly anything inside.
    """
    height, width = levels.shape
    top, left, bottom, right = _inner(levels)
    if (top, left, bottom, right) == (0, 0, height, width):
        return None
    if bottom - top < _LEAST * height or right - left < _LEAST * width:
        return None
    return top, left, bottom, right


def crop_to_boxes(thumbnails: Levels, boxes: NDArray[np.float64]) -> Levels:
    """(N, S, S) thumbnails, of each what lies inside of its box, stretched to the size.

    Args:
        boxes: (N, 4) top, left, bottom, right: shares of the sides, 0..1.
    """
    side = thumbnails.shape[1]
    found = np.empty_like(thumbnails)
    for place, (top, left, bottom, right) in enumerate(boxes.tolist()):
        across, down = right - left, bottom - top
        middle = np.array([[across, 0, side * left + (across - 1) / 2], [0, down, side * top + (down - 1) / 2]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(thumbnails[place], middle, (side, side), found[place], how, cv2.BORDER_REPLICATE)
    return found


@njit(cache=True)
def _inner(levels: Any) -> Any:
    top, left, bottom, right = 0, 0, levels.shape[0], levels.shape[1]
    for _ in range(_ROUNDS):
        before = bottom - top + right - left
        top += _uniform(levels[top:bottom, left:right])
        bottom -= _uniform(levels[top:bottom, left:right][::-1])
        left += _uniform(levels[top:bottom, left:right].T)
        right -= _uniform(levels[top:bottom, left:right].T[::-1])
        if bottom - top + right - left == before:
            break
    return top, left, bottom, right


@njit(cache=True)
def _uniform(levels: Any) -> int:
    """How many rows from the first on are of the level that lies in the middle of the first, but for their ends."""
    rows, columns = levels.shape
    if rows == 0 or columns < 3:
        return 0
    level = np.int64(levels[0, columns // 2])  # a difference of bytes would wrap
    for row in range(rows):
        for column in range(1, columns - 1):
            if abs(np.int64(levels[row, column]) - level) > _NEAR:
                return row
    return int(rows)
