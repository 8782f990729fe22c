"""Decoding of any image file to upright RGB pixels; and encoding of pixels as a JPEG that every browser shows."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from silverprint.errors import DataError, restore_remedy
from silverprint.imaging.colour.bit_depth import deep_colour, deep_gray, is_deep_gray
from silverprint.imaging.colour.icc_transform import to_srgb
from silverprint.imaging.colour.transparency import blend_on_white
from silverprint.imaging.jpeg import decode_jpeg
from silverprint.imaging.open_image import MAX_PIXELS, Opened, Undecodable, open_image
from silverprint.imaging.orientation import orientation, upright
from silverprint.imaging.resource_limits import KNOWN, run_bounded
from silverprint.imaging.sniff import sniff

__all__ = [
    "Decoded",
    "Pixels",
    "Undecodable",
    "decode",
    "decode_here",
    "decode_known",
    "encode_jpeg",
    "of_picture",
    "rgb",
    "sniff",
]

Pixels: TypeAlias = npt.NDArray[np.uint8]  # (H, W, 3), RGB

MOST_PIXELS: Final = 1_000_000_000  # most pixels that a lead may allow

_MAY_BE_DEEP = {"png", "tiff"}


@dataclass(frozen=True)
class Decoded:
    """One decoded picture.

    Attributes:
        pixels: (H, W, 3) uint8, sRGB, upright, the first frame, perhaps reduced; what was transparent is
            white, or black where the picture would vanish on white.
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
        max_pixels: width x height above it is refused from the header, before anything is allocated; see `open_image`.
        shorter_side: pixels; with it, a JPEG comes reduced by 8, 4 or 2 as long as its shorter side is no less.

    Raises:
        Undecodable: for every kind of bad file, and nothing else.
    """
    return run_bounded(decode_here, data, max_pixels, shorter_side)


def decode_known(data: bytes, shorter_side: int | None = None) -> Decoded:
    """Decodes like `decode` a picture that `measure` took, by whatever limits: only a runaway decoder is stopped.

    Raises:
        Undecodable: the bytes are no longer those that were measured, or memory is short.
    """
    return run_bounded(decode_here, data, MOST_PIXELS, shorter_side, limits=KNOWN)


def decode_stored(image_id: str, data: bytes, shorter_side: int | None = None) -> Pixels:
    """The pixels of a picture of our shards, which `measure` took.

    Raises:
        DataError: it does not decode any more.
    """
    try:
        return decode_known(data, shorter_side).pixels
    except Undecodable as error:
        rule = f"it was measured as decodable and is not any more ({error.reason})"
        raise DataError(image_id, rule, f"the shard may be damaged; {restore_remedy('data/raw')}") from None


def decode_here(data: bytes, max_pixels: int, shorter_side: int | None) -> Decoded:
    """Decodes like `decode`, in this process, limited by `max_pixels` only: for work called by `run_bounded`."""
    jpeg = decode_jpeg(data, "RGB", max_pixels, shorter_side, "shorter") if sniff(data) == "jpeg" else None
    if jpeg is not None:
        return Decoded(np.ascontiguousarray(upright(jpeg.pixels, jpeg.turn)), jpeg.mode, 1, "jpeg")
    with open_image(data, max_pixels) as file:
        pixels = rgb(file)
        turned = np.ascontiguousarray(upright(pixels, orientation(file.picture)))
        return Decoded(turned, file.mode, file.frames, file.format)


def of_picture(picture: Image.Image) -> Pixels:
    """The pixels of a picture that Pillow has opened: of its present frame, upright, in sRGB, on white.

    Raises:
        Undecodable: it is broken, or of a mode that says nothing of what is white.
    """
    try:
        picture.load()
        opened = Opened(picture, "", picture.mode, 1, b"", picture.info.get("icc_profile"))
        return np.ascontiguousarray(upright(rgb(opened), orientation(picture)))
    except (Undecodable, MemoryError):
        raise
    except Exception:  # Pillow raises nearly every built-in exception on a broken file
        raise Undecodable("truncated") from None


def encode_jpeg(pixels: Pixels, quality: int = 92) -> bytes:
    """`pixels` (H, W, 3) uint8 RGB as a baseline JPEG of `quality` (1..100)."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=quality, colorspace="RGB", colorsubsampling="420"
    )
    return encoded


def rgb(file: Opened) -> Pixels:
    """The pixels of an opened picture in sRGB, not turned.

    Raises:
        Undecodable: 32-bit measurements: no telling which value is white.
    """
    picture, profile = file.picture, file.profile
    if is_deep_gray(picture):
        return _in_three(deep_gray(picture), profile)
    if picture.mode in {"I", "F"}:
        raise Undecodable("unsupported")
    if picture.mode == "CMYK":
        seen = to_srgb(np.asarray(picture), profile, "CMYK")
        return np.asarray(picture.convert("RGB")) if seen is None else seen
    if picture.has_transparency_data:
        return _without_alpha(file)
    if picture.mode == "L":
        return _in_three(np.asarray(picture), profile)
    return _coloured(np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB")), file)


def _in_three(levels: NDArray[np.uint8], profile: bytes | None) -> Pixels:
    seen = to_srgb(levels, profile, "L")
    return np.repeat(levels[:, :, None], 3, axis=2) if seen is None else seen


def _coloured(pixels: Pixels, file: Opened) -> Pixels:
    deep = deep_colour(file.data, pixels) if file.format in _MAY_BE_DEEP else None
    pixels = pixels if deep is None else deep[:, :, :3]
    seen = to_srgb(np.ascontiguousarray(pixels), file.profile, "RGB")
    return pixels if seen is None else seen


def _without_alpha(file: Opened) -> Pixels:
    seen = np.asarray(file.picture.convert("RGBA"))
    if file.picture.mode in {"L", "LA", "La"}:
        colours = _in_three(np.ascontiguousarray(seen[:, :, 0]), file.profile)
    else:
        colours = _coloured(np.ascontiguousarray(seen[:, :, :3]), file)
    return blend_on_white(colours, seen[:, :, 3])
