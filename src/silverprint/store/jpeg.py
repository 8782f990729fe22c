"""JPEGs as libjpeg-turbo reads them, in full or reduced. Whatever it finds odd is left to Pillow to judge."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from silverprint.store.opening import Undecodable
from silverprint.store.orientation import orientation

_MODES: Final = {"Gray": "L", "YCbCr": "RGB", "RGB": "RGB"}
_SCALES: Final = (8, 4, 2)  # reductions that the inverse cosine transform has fast code for
_APP1, _SOS = 0xE1, 0xDA


@dataclass(frozen=True, slots=True)
class Jpeg:
    """One decoded file.

    Attributes:
        pixels: (h, w, 3) RGB or (h, w, 1) grey, uint8, not turned, perhaps reduced.
        width, height: of the whole picture, not turned, pixels.
        mode: Pillow's name of the colours as stored.
        turn: EXIF orientation, 1 to 8.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    mode: str
    turn: int


def decode_jpeg(
    data: bytes,
    colors: Literal["RGB", "GRAY"],
    max_pixels: int,
    least_side: int | None = None,
    side: Literal["longer", "shorter"] = "longer",
) -> Jpeg | None:
    """`data` decoded; None where it is not a sound JPEG in grey or three colours. Every byte of the scans is read.

    Args:
        least_side: pixels; with it, the picture comes reduced by 8, 4 or 2 as long as that `side` of it is no less.
        side: which side of the picture `least_side` bounds.

    Raises:
        Undecodable: too-many-pixels.
    """
    try:
        height, width, stored, _ = simplejpeg.decode_jpeg_header(data)
        if width * height > max_pixels:
            raise Undecodable("too-many-pixels")
        if stored not in _MODES:
            return None
        bounded = max(width, height) if side == "longer" else min(width, height)
        scale = _scale(bounded, least_side) if least_side else 1
        pixels = simplejpeg.decode_jpeg(
            data, colorspace=colors, min_height=-(-height // scale), min_width=-(-width // scale)
        )
    except ValueError:
        return None
    return Jpeg(pixels, width, height, _MODES[stored], _turn(data))


def _scale(side: int, least_side: int) -> int:
    return next((scale for scale in _SCALES if side >= scale * least_side), 1)


def _turn(data: bytes) -> int:
    if not _has_app1(data):
        return 1
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as picture:
            return orientation(picture)
    except Exception:  # as in `orientation`: broken EXIF says nothing of the pixels
        return 1


def _has_app1(data: bytes) -> bool:
    """Whether EXIF or XMP may come before the first scan (ITU-T T.81, B.1.1.4): Pillow takes long to say no."""
    at = 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if marker == _APP1 or data[at] != 0xFF or marker == 0xFF:  # fill bytes are rare: let Pillow look
            return True
        if marker == _SOS:
            return False
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return False
