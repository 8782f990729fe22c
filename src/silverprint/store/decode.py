"""Bytes in, upright RGB pixels out, whatever the web sent; and pixels back to a JPEG that every browser shows."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, UnidentifiedImageError

from silverprint.store.orientation import orientation
from silverprint.store.sniff import sniff

__all__ = ["Decoded", "Pixels", "Undecodable", "decode", "encode_jpeg", "sniff"]

Pixels: TypeAlias = npt.NDArray[np.uint8]  # (H, W, 3), RGB

# Pillow warns about each odd file; here an odd file is a row with a reason.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_READABLE = {"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", "jp2"}
_PILLOW_NAME = {"jp2": "JPEG2000"}
_SIXTEEN_BIT = {"I;16", "I;16L", "I;16B", "I;16N"}


class Undecodable(Exception):  # noqa: N818 (a finding about a picture, not a fault)
    """No pixels can be had. `reason`: empty, not-an-image, truncated, too-many-pixels or unsupported."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Decoded:
    """One decoded picture.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, upright, the first frame; what was transparent is white.
        mode: Pillow's name of the colours as stored: L, RGB, CMYK, P, RGBA, ...
        frames: more than 1 is an animation (or several pages).
        format: as `sniff` names it.
    """

    pixels: Pixels
    mode: str
    frames: int
    format: str


def decode(data: bytes, max_pixels: int = 100_000_000) -> Decoded:
    """The whole first frame of `data`, really decoded.

    Args:
        data: a file's bytes.
        max_pixels: width x height above it is refused from the header, before anything is allocated.

    Raises:
        Undecodable: for every kind of bad file, and nothing else.
    """
    if not data:
        raise Undecodable("empty")
    name = sniff(data)
    if name is None:
        raise Undecodable("not-an-image")
    if name not in _READABLE:
        raise Undecodable("unsupported")
    try:
        return _decode(data, name, max_pixels)
    except Undecodable:
        raise
    except Image.DecompressionBombError:
        raise Undecodable("too-many-pixels") from None
    except NotImplementedError:
        raise Undecodable("unsupported") from None
    except Exception:  # Pillow raises nearly every built-in exception on a broken file
        raise Undecodable("truncated") from None


def encode_jpeg(pixels: Pixels, quality: int = 92) -> bytes:
    """`pixels` (H, W, 3) uint8 RGB as a baseline JPEG of `quality` (1..100)."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=quality, colorspace="RGB", colorsubsampling="420"
    )
    return encoded


def _decode(data: bytes, name: str, max_pixels: int) -> Decoded:
    try:
        picture = Image.open(BytesIO(data), formats=[_PILLOW_NAME.get(name, name.upper())])
    except UnidentifiedImageError:
        raise Undecodable("truncated") from None
    _check_size(picture, max_pixels)
    # Pillow counts a JPEG's preview pictures (MPO) as frames; they are no animation.
    frames = 1 if name == "jpeg" else int(getattr(picture, "n_frames", 1))
    picture.seek(0)
    _check_size(picture, max_pixels)
    mode = picture.mode
    pixels = _fast_jpeg(data) if name == "jpeg" and mode in {"L", "RGB"} else None
    if pixels is None:
        pixels = _rgb(picture)
    upright = _upright(pixels, orientation(picture))
    return Decoded(np.ascontiguousarray(upright), mode, frames, name)


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise Undecodable("too-many-pixels")


def _fast_jpeg(data: bytes) -> Pixels | None:
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, colorspace="RGB", strict=True)
    except ValueError:
        return None  # what it finds odd, Pillow judges
    return pixels


def _rgb(picture: Image.Image) -> Pixels:
    picture.load()
    if picture.mode in {"I", "F"}:
        raise Undecodable("unsupported")  # 32-bit measurements: no telling which value is white
    if picture.mode in _SIXTEEN_BIT:
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return np.asarray(Image.alpha_composite(white, seen).convert("RGB"))
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _upright(pixels: Pixels, turn: int) -> Pixels:
    """`pixels` turned as EXIF tag 0x0112 says (Exif 2.32, 4.6.4.A)."""
    if turn in {5, 6, 7, 8}:
        pixels = pixels.swapaxes(0, 1)
    if turn in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if turn in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return pixels
