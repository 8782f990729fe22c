"""Figures measured from a picture's grey levels, by which rules judge it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from silverprint.core.measures import gray_levels, text_detection
from silverprint.core.measures.sharpness import sharpness


@dataclass(frozen=True)
class Figures:
    brightness: float  # mean grey level, 0..255
    contrast: float  # standard deviation of grey levels, 0..127.5
    sharpness: float  # see `core.measures.sharpness.sharpness`
    text_lines: int  # see `core.measures.text_detection.count_text_lines`


def figures_of(levels: NDArray[np.uint8]) -> Figures:
    """Figures of (H, W) grey levels, reduced to `gray_levels.SCORING_SIDE`."""
    small = gray_levels.shrink(levels)
    mean, deviation = cv2.meanStdDev(small)
    brightness, contrast = np.asarray(mean).item(), np.asarray(deviation).item()
    return Figures(brightness, contrast, sharpness(small), text_detection.count_text_lines(small))
