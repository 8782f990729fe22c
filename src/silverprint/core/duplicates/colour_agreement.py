"""Colour agreement of two small images, which a perceptual hash of grey levels cannot tell."""

from typing import Any, Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Miniature = NDArray[np.uint8]

RULE: Final = "1"  # raised when `miniature` comes to others; who keeps them asks for it
SIDE: Final = 16  # cells
LIMIT: Final = 11.0  # limit of `difference`: benchmarks/near_duplicates.py shows what lies on either side

_BRIGHTEST = 1.15  # times the light of the other, at most, where it is the same picture
_PALEST = 0.45  # times the colour of the other, at least
_CLIPPED = 160.0  # a cell whose mean is above it may have been cut off at white in part
_WHITENED = 3.0  # times the difference where what is cut off would have to explain another hue, too
_SAME_WAY = 0.95  # cosine, at least, of the chroma of two copies
_FAINT = 2.0  # levels: what compression makes of the chroma of a grey picture; two hues of a pale one lie 2.9 apart
_ENOUGH = 0.02  # share of a miniature's levels that suffices to compare brightness


def miniature(pixels: NDArray[np.uint8]) -> Miniature:
    """(S, S, 3): the whole of (H, W, 3) RGB pixels, whatever its proportions, averaged over cells."""
    how = cv2.INTER_AREA if min(pixels.shape[:2]) >= SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=how), dtype=np.uint8)


@njit(cache=True)
def difference(one: Any, other: Any) -> float:
    """How far two (S, S, 3) miniatures lie apart in their worst cell, in levels of luma and chroma (ITU-R BT.601).

    One of them may be brighter throughout, or paler throughout, and it is still the same picture; not both, and no
    other hue. A small thing that differs counts as much as a large one; a hue that differs everywhere counts also in
    a pale picture, where no cell is far off.

    Returns:
        0 for the same; copies mostly lie below 9, other pictures above 14, and infinitely far where hues differ. It
        does not depend on which comes first.
    """
    left, right = one.astype(np.float64), other.astype(np.float64)
    found, everywhere = np.inf, _same_hues(left, right, 256.0)
    if everywhere != 0:
        found = min(_brighter(left, right, False), _brighter(right, left, False))
        found = min(found, _paler(left, right), _paler(right, left))
    dark = _same_hues(left, right, _CLIPPED)
    if dark != 0:
        cut_off = min(_brighter(left, right, True), _brighter(right, left, True))
        found = min(found, cut_off if dark == 1 or everywhere == 1 else _WHITENED * cut_off)
    return found


@njit(cache=True)
def _same_hues(left: Any, right: Any, below: float) -> int:
    """1 where the chroma of both points the same way all in all, or hardly anywhere, 0 where not; -1: nothing to tell.

    Args:
        below: cells with a level from there on are left out.
    """
    counted, both, one, other = 0, 0.0, 0.0, 0.0
    for row in range(left.shape[0]):
        for column in range(left.shape[1]):
            if max(left[row, column].max(), right[row, column].max()) >= below:
                continue
            _, a, b = _parts(left[row, column, 0], left[row, column, 1], left[row, column, 2])
            _, c, d = _parts(right[row, column, 0], right[row, column, 1], right[row, column, 2])
            both += a * c + b * d
            one += a * a + b * b
            other += c * c + d * d
            counted += 1
    if counted <= _ENOUGH * left.shape[0] * left.shape[1]:
        return -1
    cosine = max(0.0, both / np.sqrt(one * other)) if one * other > 0 else 0.0
    astray = min(one, other) * (1 - cosine**2) / counted  # chroma of the paler one across the other's
    return 1 if cosine >= _SAME_WAY or astray <= _FAINT**2 else 0


@njit(cache=True)
def _brighter(dark: Any, light: Any, cut_off: bool) -> float:
    """The difference, where `light` may be `dark` times something.

    What is cut off at white shows in a cell's mean by as much as the cell has of it, which no mean tells. With
    `cut_off` each level may lie anywhere between that of `dark` and as much times it as the darker cells are brighter.
    """
    products, squares, counted = 0.0, 0.0, 0
    for row in range(dark.shape[0]):
        for column in range(dark.shape[1]):
            for channel in range(3):
                a, b = dark[row, column, channel], light[row, column, channel]
                if a < _CLIPPED and b < _CLIPPED:
                    products += a * b
                    squares += a * a
                    counted += 1
    times = _BRIGHTEST
    if squares > 0 and counted > _ENOUGH * dark.size:
        times = min(max(products / squares, 1.0), _BRIGHTEST)
    beyond = np.zeros(3)
    worst = 0.0
    for row in range(dark.shape[0]):
        for column in range(dark.shape[1]):
            for channel in range(3):
                a, b = dark[row, column, channel], light[row, column, channel]
                most = min(255.0, times * a)
                beyond[channel] = b - (min(max(b, a), most) if cut_off else most)
            luma, first, second = _parts(beyond[0], beyond[1], beyond[2])
            worst = max(worst, luma * luma + first * first + second * second)
    return float(np.sqrt(worst))


@njit(cache=True)
def _paler(full: Any, pale: Any) -> float:
    """The difference, where the chroma of `pale` may be that of `full` times something, with the luma that it has."""
    products, squares = 0.0, 0.0
    for row in range(full.shape[0]):
        for column in range(full.shape[1]):
            _, a, b = _parts(full[row, column, 0], full[row, column, 1], full[row, column, 2])
            _, c, d = _parts(pale[row, column, 0], pale[row, column, 1], pale[row, column, 2])
            products += a * c + b * d
            squares += a * a + b * b
    times = min(max(products / squares, _PALEST), 1.0) if squares > 0 else 1.0
    worst = 0.0
    for row in range(full.shape[0]):
        for column in range(full.shape[1]):
            luma, a, b = _parts(full[row, column, 0], full[row, column, 1], full[row, column, 2])
            other, c, d = _parts(pale[row, column, 0], pale[row, column, 1], pale[row, column, 2])
            worst = max(worst, (luma - other) ** 2 + (times * a - c) ** 2 + (times * b - d) ** 2)
    return float(np.sqrt(worst))


@njit(cache=True)
def _parts(red: float, green: float, blue: float) -> Any:
    """Luma, and both chromas about 0."""
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma, (blue - luma) * 0.564, (red - luma) * 0.713
