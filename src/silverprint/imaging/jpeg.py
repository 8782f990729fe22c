"""JPEGs as libjpeg-turbo reads them, in full or reduced. Whatever it finds odd is left to Pillow to judge."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from silverprint.core.measures import gray_levels
from silverprint.imaging.colour.icc_transform import changes_colours, to_srgb
from silverprint.imaging.open_image import Undecodable
from silverprint.imaging.orientation import orientation

_MODES: Final = {"Gray": "L", "YCbCr": "RGB", "RGB": "RGB"}
_SCALES: Final = (8, 4, 2)  # reductions that the inverse cosine transform has fast code for
_APP1, _APP2, _SOS = 0xE1, 0xE2, 0xDA
_ICC: Final = b"ICC_PROFILE\0"


@dataclass(frozen=True, slots=True)
class Jpeg:
    """One decoded file.

    Attributes:
        pixels: (h, w, 3) sRGB or (h, w, 1) grey, uint8, not turned, perhaps reduced.
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
        has_app1, profile = _head(data)
        changed = profile is not None and changes_colours(profile, _MODES[stored])
        wanted = ("GRAY" if stored == "Gray" else "RGB") if changed else colors
        pixels = simplejpeg.decode_jpeg(
            data, colorspace=wanted, min_height=-(-height // scale), min_width=-(-width // scale)
        )
    except ValueError:
        return None
    if changed:
        pixels = _as_seen(pixels, profile, _MODES[stored], colors)
    return Jpeg(pixels, width, height, _MODES[stored], _turn(data) if has_app1 else 1)


def _as_seen(pixels: NDArray[np.uint8], profile: bytes | None, mode: str, colors: str) -> NDArray[np.uint8]:
    """`pixels` of a profile in sRGB, or in its luma."""
    seen = to_srgb(pixels[:, :, 0] if mode == "L" else pixels, profile, mode)
    if seen is None:
        return pixels
    return gray_levels.to_gray(seen)[:, :, None] if colors == "GRAY" else seen


def _scale(side: int, least_side: int) -> int:
    return next((scale for scale in _SCALES if side >= scale * least_side), 1)


def _turn(data: bytes) -> int:
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as picture:
            return orientation(picture)
    except Exception:  # see `orientation`: broken EXIF says nothing of the pixels
        return 1


def _head(data: bytes) -> tuple[bool, bytes | None]:
    """Facts before the first scan (ITU-T T.81, B.1.1.4): whether EXIF or XMP may be there, and the ICC profile.

    Pillow takes long to say no to the first. The profile's pieces (ICC.1, B.4) must all be there.
    """
    at, has_app1, parts = 2, False, dict[int, bytes]()
    count = 0
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF:  # bytes between segments are rare: let Pillow look
            has_app1 = True
            break
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _SOS:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        has_app1 = has_app1 or marker == _APP1
        if marker == _APP2 and data[at + 4 : at + 16] == _ICC:
            count = data[at + 17]
            parts[data[at + 16]] = data[at + 18 : end]
        at = end
    whole = 0 < count == len(parts) and sorted(parts) == list(range(1, count + 1))
    return has_app1, b"".join(parts[number] for number in sorted(parts)) if whole else None
