"""Grey levels of an image: made from its colours, reduced, stretched."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

# Pixels of the longer side: makes figures comparable between a thumbnail's original and a poster.
SCORING_SIDE: Final = 256


def to_gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) luma (ITU-R BT.601), 0..255, of (H, W, 3) RGB."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def shrink(levels: NDArray[np.uint8], side: int = SCORING_SIDE) -> NDArray[np.uint8]:
    """(H, W) grey levels reduced so that the longer side is `side` pixels; smaller ones are left as they are."""
    height, width = levels.shape
    longer = max(height, width)
    if longer <= side:
        return levels
    # Whole factors by averaging, so that nothing is aliased; the last, of at most 2, by interpolation, which is faster.
    factor = 1 << max(0, ((longer - 1) // side).bit_length() - 1)
    if factor > 1:
        levels = _resized(levels, -(-width // factor), -(-height // factor), cv2.INTER_AREA)
    share = side / longer
    return _resized(levels, max(1, round(width * share)), max(1, round(height * share)), cv2.INTER_LINEAR)


def stretch_to_square(levels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(side, side): the whole of (H, W) grey levels, whatever its proportions, averaged where it shrinks."""
    how = cv2.INTER_AREA if min(levels.shape) >= side else cv2.INTER_LINEAR
    return _resized(levels, side, side, how)


def _resized(levels: NDArray[np.uint8], width: int, height: int, method: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(levels, (width, height), interpolation=method), dtype=np.uint8)
