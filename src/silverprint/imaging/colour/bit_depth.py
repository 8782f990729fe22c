"""Bit depth: samples of more than eight bits reduced to eight, by the bits that they really use."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_DEPTHS: Final = (8, 10, 12, 14)  # bits that cameras and scanners have; samples of them are often kept in 16
_BITS_PER_SAMPLE: Final = 258
_SIXTEEN_BIT: Final = {"I;16", "I;16L", "I;16B", "I;16N"}


def is_deep_gray(picture: Image.Image) -> bool:
    """Whether it is grey of 16 bits a sample."""
    return picture.mode in _SIXTEEN_BIT or (picture.format == "PPM" and picture.mode == "I")


def deep_gray(picture: Image.Image) -> NDArray[np.uint8]:
    """(H, W) grey levels of a loaded picture of 16 bits."""
    samples = np.asarray(picture).astype(np.uint16)
    stated = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, ())
    return to_eight_bits(samples, stated[0] if stated and 8 < stated[0] < 16 else None)


def to_eight_bits(samples: NDArray[np.uint16], bits: int | None = None) -> NDArray[np.uint8]:
    """The upper eight of the bits that `samples` use: `bits`, or the least of 8, 10, 12, 14, 16 that hold the largest.

    So 12 bits in a container of 16 are not a black picture; one of 16 bits whose brightest sample is below a quarter of
    white is brightened by 4, 16, 64 or 256.
    """
    largest = int(samples.max(initial=0))
    used = bits if bits else next((depth for depth in _DEPTHS if largest < 1 << depth), 16)
    found: NDArray[np.uint8] = np.minimum(np.right_shift(samples, max(0, used - 8)), 255).astype(np.uint8)
    return found


def deep_colour(data: bytes, seen: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """(H, W, 3 or 4) RGB or RGBA of a PNG or TIFF of 16 bits a sample whose upper bits, `seen`, are dark; else None.

    Pillow keeps the upper eight bits of colours alone; what is below is decoded once more.
    """
    if seen.max(initial=0) >= 1 << (_DEPTHS[-1] - 8):
        return None
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None or found.dtype != np.uint16 or found.ndim != 3 or found.shape[:2] != seen.shape[:2]:
        return None
    colours = to_eight_bits(found[:, :, 2::-1].astype(np.uint16))
    if found.shape[2] == 3:
        return np.ascontiguousarray(colours)
    return np.dstack([colours, (found[:, :, 3] // 256).astype(np.uint8)])
