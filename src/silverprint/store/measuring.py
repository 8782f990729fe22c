"""A picture's figures and hashes, from one grey decode."""

from typing import Any

from silverprint.core import alignment, hashing, quality
from silverprint.store.decode import Undecodable, decode
from silverprint.store.gray import decode_gray


def measured(image_id: str, data: bytes) -> dict[str, Any]:
    """A row of MEASURED and THUMBNAILS; what cannot be decoded is a row too."""
    try:
        picture = decode_gray(data)
    except Undecodable as error:
        return {"image_id": image_id, "decodable": False, "error": error.reason}
    small = quality.reduced(picture.levels)
    figures = quality.figures(small)
    tiny = quality.reduced(small, hashing.SIDE)
    short, long = hashing.phashes(tiny, 64, 256)
    return {
        "image_id": image_id,
        "decodable": True,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "mode": picture.mode,
        "brightness": figures.brightness,
        "contrast": figures.contrast,
        "sharpness": figures.sharpness,
        "text_lines": figures.text_lines,
        "phash64": int(short[0]),
        **{f"phash256_{word}": bits for word, bits in enumerate(long.tolist())},
        "thumbnail": quality.stretched(tiny, alignment.SIDE).tobytes(),
    }


def pixel_sha256(data: bytes) -> str | None:
    """The hash of a picture's every pixel, by a full decode; None where it cannot be decoded."""
    try:
        return hashing.pixel_sha256(decode(data).pixels)
    except Undecodable:
        return None


def fingerprint(image_id: str, data: bytes) -> dict[str, Any] | None:
    """A row of FINGERPRINTS (and more); None where it cannot be decoded."""
    exact = pixel_sha256(data)
    return None if exact is None else measured(image_id, data) | {"pixel_sha256": exact}
