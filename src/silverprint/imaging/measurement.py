"""Measurement of an image: figures and hashes, from one grey decode."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from silverprint.core import hashing
from silverprint.core.measures import borders, gray_levels, image_quality, thumbnail_alignment
from silverprint.imaging.decode import Undecodable, decode_here
from silverprint.imaging.decode_gray import decode_gray
from silverprint.imaging.open_image import MAX_PIXELS
from silverprint.imaging.resource_limits import STRANGER, Limits, run_bounded
from silverprint.records import INNER


def measure(image_id: str, data: bytes, max_pixels: int = MAX_PIXELS) -> dict[str, Any]:
    """A row of MEASURED and THUMBNAILS; what cannot be decoded, or not within limits, is a row too.

    Args:
        max_pixels: as `decode` has it.
    """
    try:
        return {"image_id": image_id} | run_bounded(figures_here, data, max_pixels)
    except Undecodable as error:
        return {"image_id": image_id, "decodable": False, "error": error.reason}


def figures_here(data: bytes, max_pixels: int) -> dict[str, Any]:
    """What `measure` has of a picture that can be decoded, made in this process: for work called by `run_bounded`.

    Raises:
        Undecodable: it cannot be.
    """
    picture = decode_gray(data, max_pixels)
    small = gray_levels.shrink(picture.levels)
    tiny = gray_levels.shrink(small, hashing.SIDE)
    short, long = hashing.phashes(tiny, 64, 256)
    return {
        "decodable": True,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "mode": picture.mode,
        **vars(image_quality.figures_of(small)),
        "phash64": int(short[0]),
        **{f"phash256_{word}": bits for word, bits in enumerate(long.tolist())},
        **_inner(small),
        "thumbnail": gray_levels.stretch_to_square(tiny, thumbnail_alignment.SIDE).tobytes(),
    }


def _inner(levels: NDArray[np.uint8]) -> dict[str, Any]:
    """What MEASURED has of the picture inside of its borders; nothing where it has none."""
    box = borders.inner_box(levels)
    if box is None:
        return {}
    top, left, bottom, right = box
    words = hashing.phash(gray_levels.shrink(levels[top:bottom, left:right], hashing.SIDE), 256).tolist()
    shares = np.array(box) / np.tile(levels.shape, 2)
    return dict(zip(INNER, [*words, *shares.tolist()], strict=True))


def pixel_sha256(data: bytes, max_pixels: int = MAX_PIXELS, limits: Limits = STRANGER) -> str | None:
    """The hash of a picture's every pixel, by a full decode; None where it cannot be decoded, or not within limits."""
    try:
        return run_bounded(_pixel_sha256, data, max_pixels, limits=limits)
    except Undecodable:
        return None


def _pixel_sha256(data: bytes, max_pixels: int) -> str:
    return hashing.pixel_sha256(decode_here(data, max_pixels, None).pixels)


def fingerprint(image_id: str, data: bytes) -> dict[str, Any] | None:
    """A row of FINGERPRINTS (and more); None where it cannot be decoded."""
    exact = pixel_sha256(data)
    return None if exact is None else measure(image_id, data) | {"pixel_sha256": exact}
