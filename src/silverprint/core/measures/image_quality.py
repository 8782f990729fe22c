"""Figures measured from an image's grey levels, by which rules judge it; each is a column of MEASURED."""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from silverprint.core.measures import gray_levels, text_detection

Levels = NDArray[np.uint8]


def sharpness(levels: Levels) -> float:
    """The variance of the 3x3 Laplacian; below about 10 a photo looks blurred.

    J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (ICPR 2000). Borders are mirrored, the
    outermost pixels not repeated.

    Args:
        levels: (H, W) grey, 1 to 1,024 pixels wide.
    """
    total, squares = _sums(levels)
    return max(0.0, float(squares / levels.size - (total / levels.size) ** 2))  # exact: whole numbers, and few


@njit(cache=True)
def _sums(levels: Levels) -> tuple[int, int]:
    """The sum of the Laplacian's values, and of their squares."""
    height, width = levels.shape
    total, squares = 0, 0
    for y in range(height):
        here = levels[y]
        above = levels[y - 1] if y > 0 else levels[min(1, height - 1)]
        below = levels[y + 1] if y < height - 1 else levels[max(0, height - 2)]
        row, row_squares = np.int32(0), np.int32(0)
        for x in range(1, width - 1):
            value = np.int32(above[x]) + np.int32(below[x]) + np.int32(here[x - 1]) + np.int32(here[x + 1])
            value -= np.int32(4) * np.int32(here[x])
            row += value
            row_squares += value * value
        for edge in range(0, width, max(1, width - 1)):
            beside = np.int32(here[min(1, width - 1)] if edge == 0 else here[edge - 1])
            value = np.int32(above[edge]) + np.int32(below[edge]) + np.int32(2) * beside
            value -= np.int32(4) * np.int32(here[edge])
            row += value
            row_squares += value * value
        total += int(row)
        squares += int(row_squares)
    return total, squares


@dataclass(frozen=True)
class Figures:
    brightness: float  # mean grey level, 0..255
    contrast: float  # standard deviation of grey levels, 0..127.5
    sharpness: float  # see the function
    text_lines: int  # see `core.measures.text_detection.count_text_lines`


def figures_of(levels: NDArray[np.uint8]) -> Figures:
    """Figures of (H, W) grey levels, reduced to `gray_levels.SCORING_SIDE`."""
    small = gray_levels.shrink(levels)
    mean, deviation = cv2.meanStdDev(small)
    brightness, contrast = np.asarray(mean).item(), np.asarray(deviation).item()
    return Figures(brightness, contrast, sharpness(small), text_detection.count_text_lines(small))
