"""Measurement of an image: figures and hashes, from one grey decode."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from silverprint.core import hashing
from silverprint.core.measures import borders, figures, gray_levels, thumbnail_alignment
from silverprint.imaging.bounded import STRANGER, Limits, bounded
from silverprint.imaging.decode import Undecodable, decode_here
from silverprint.imaging.decode_gray import decode_gray
from silverprint.imaging.open_image import MAX_PIXELS
from silverprint.records import INNER


def measured(image_id: str, data: bytes, max_pixels: int = MAX_PIXELS) -> dict[str, Any]:
    """A row of MEASURED and THUMBNAILS; what cannot be decoded, or not within limits, is a row too.

    Args:
        max_pixels: as `decode` has it.
    """
    try:
        return {"image_id": image_id} | bounded(_figures, data, max_pixels)
    except Undecodable as error:
        return {"image_id": image_id, "decodable": False, "error": error.reason}


def _figures(data: bytes, max_pixels: int) -> dict[str, Any]:
    picture = decode_gray(data, max_pixels)
    small = gray_levels.reduced(picture.levels)
    found = figures.measured(small)
    tiny = gray_levels.reduced(small, hashing.SIDE)
    short, long = hashing.phashes(tiny, 64, 256)
    return {
        "decodable": True,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "mode": picture.mode,
        "brightness": found.brightness,
        "contrast": found.contrast,
        "sharpness": found.sharpness,
        "text_lines": found.text_lines,
        "phash64": int(short[0]),
        **{f"phash256_{word}": bits for word, bits in enumerate(long.tolist())},
        **_inner(small),
        "thumbnail": gray_levels.stretched(tiny, thumbnail_alignment.SIDE).tobytes(),
    }


def _inner(levels: NDArray[np.uint8]) -> dict[str, Any]:
    """What MEASURED has of the picture inside of its borders; nothing where it has none."""
    box = borders.inner(levels)
    if box is None:
        return {}
    top, left, bottom, right = box
    words = hashing.phash(gray_levels.reduced(levels[top:bottom, left:right], hashing.SIDE), 256).tolist()
    shares = np.array(box) / np.tile(levels.shape, 2)
    return dict(zip(INNER, [*words, *shares.tolist()], strict=True))


def pixel_sha256(data: bytes, max_pixels: int = MAX_PIXELS, limits: Limits = STRANGER) -> str | None:
    """The hash of a picture's every pixel, by a full decode; None where it cannot be decoded, or not within limits."""
    try:
        return bounded(_pixel_sha256, data, max_pixels, limits=limits)
    except Undecodable:
        return None


def _pixel_sha256(data: bytes, max_pixels: int) -> str:
    return hashing.pixel_sha256(decode_here(data, max_pixels, None).pixels)


def fingerprint(image_id: str, data: bytes) -> dict[str, Any] | None:
    """A row of FINGERPRINTS (and more); None where it cannot be decoded."""
    exact = pixel_sha256(data)
    return None if exact is None else measured(image_id, data) | {"pixel_sha256": exact}
