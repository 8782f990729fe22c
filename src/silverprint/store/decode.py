"""Bytes in, upright RGB pixels out, whatever the web sent; and pixels back to a JPEG that every browser shows."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from silverprint.store.bounded import KNOWN, bounded
from silverprint.store.jpeg import decode_jpeg
from silverprint.store.opening import MAX_PIXELS, Undecodable, opened
from silverprint.store.orientation import orientation, upright
from silverprint.store.sniff import sniff

__all__ = ["Decoded", "Pixels", "Undecodable", "decode", "decode_here", "decode_known", "encode_jpeg", "rgb", "sniff"]

Pixels: TypeAlias = npt.NDArray[np.uint8]  # (H, W, 3), RGB

MOST_PIXELS: Final = 1_000_000_000  # that a lead may allow

_SIXTEEN_BIT = {"I;16", "I;16L", "I;16B", "I;16N"}


@dataclass(frozen=True)
class Decoded:
    """One decoded picture.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, upright, the first frame, perhaps reduced; what was transparent is white.
        mode: Pillow's name of the colours as stored: L, RGB, CMYK, P, RGBA, ...
        frames: more than 1 is an animation (or several pages); no more than 100 are counted.
        format: as `sniff` names it.
    """

    pixels: Pixels
    mode: str
    frames: int
    format: str


def decode(data: bytes, max_pixels: int = MAX_PIXELS, shorter_side: int | None = None) -> Decoded:
    """The whole first frame of `data`, really decoded.

    Args:
        data: a file's bytes.
        max_pixels: width x height above it is refused from the header, before anything is allocated; see `opened`.
        shorter_side: pixels; with it, a JPEG comes reduced by 8, 4 or 2 as long as its shorter side is no less.

    Raises:
        Undecodable: for every kind of bad file, and nothing else.
    """
    return bounded(decode_here, data, max_pixels, shorter_side)


def decode_known(data: bytes, shorter_side: int | None = None) -> Decoded:
    """As `decode`, of a picture that `measure` took, by whatever limits: here only what runs wild is stopped.

    Raises:
        Undecodable: the bytes are no longer those that were measured, or memory is short.
    """
    return bounded(decode_here, data, MOST_PIXELS, shorter_side, limits=KNOWN)


def decode_here(data: bytes, max_pixels: int, shorter_side: int | None) -> Decoded:
    """As `decode`, in this process and without limits but `max_pixels`: for what is itself called by `bounded`."""
    jpeg = decode_jpeg(data, "RGB", max_pixels, shorter_side, "shorter") if sniff(data) == "jpeg" else None
    if jpeg is not None:
        return Decoded(np.ascontiguousarray(upright(jpeg.pixels, jpeg.turn)), jpeg.mode, 1, "jpeg")
    with opened(data, max_pixels) as file:
        pixels = rgb(file.picture)
        turned = np.ascontiguousarray(upright(pixels, orientation(file.picture)))
        return Decoded(turned, file.mode, file.frames, file.format)


def encode_jpeg(pixels: Pixels, quality: int = 92) -> bytes:
    """`pixels` (H, W, 3) uint8 RGB as a baseline JPEG of `quality` (1..100)."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=quality, colorspace="RGB", colorsubsampling="420"
    )
    return encoded


def rgb(picture: Image.Image) -> Pixels:
    """The pixels of an opened picture as Pillow decodes them, not turned.

    Raises:
        Undecodable: 32-bit measurements: no telling which value is white.
    """
    picture.load()
    if picture.mode in {"I", "F"}:
        raise Undecodable("unsupported")
    if picture.mode in _SIXTEEN_BIT:
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return np.asarray(Image.alpha_composite(white, seen).convert("RGB"))
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
