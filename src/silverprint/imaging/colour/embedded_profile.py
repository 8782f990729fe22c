"""Colour profile of a file: its ICC profile, or one made from PNG's and AVIF's own fields."""

import struct
import zlib
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from silverprint.imaging.colour.icc_transform import MOST_BYTES
from silverprint.imaging.metadata.strip_png import chunks

Numbers: TypeAlias = tuple[float, ...]

_GRAY: Final = {"1", "L", "LA", "I;16", "I;16B"}
_PNG_COLOUR: Final = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"}
_SRGB_XY: Final = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green, blue
# ITU-T H.273, tables 2 and 3: x and y of white, red, green and blue; parameters g, a, b, c, d of the curve.
_PRIMARIES: Final[dict[int, Numbers]] = {
    1: _SRGB_XY,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_OF_CAMERAS: Final = (1, 6, 14, 15)
_CURVES: Final[dict[int, Numbers]] = {
    **dict.fromkeys(_OF_CAMERAS, (2.4,)),  # the gamma of screens (ITU-R BT.1886), not that of cameras
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
    13: _SRGB_CURVE,
}
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50: Final = np.array([0.9642, 1.0, 0.8249])


def profile_of(data: bytes, name: str, picture: Image.Image) -> bytes | None:
    """The profile of a file of format `name` that Pillow has opened; None where it has none that says anything."""
    if name == "png":
        return _of_png(data, is_gray=picture.mode in _GRAY)
    found = picture.info.get("icc_profile")
    if isinstance(found, bytes) and found:
        return found
    return _of_avif(data) if name == "avif" else None


def _of_png(data: bytes, *, is_gray: bool) -> bytes | None:
    """The first of cICP, iCCP, sRGB, gAMA (with cHRM) that is sound, as the standard ranks them (4.3)."""
    said: dict[bytes, bytes] = {}
    for one in chunks(data):
        if one.kind in {b"IDAT", b"PLTE"}:
            break
        if one.sound and one.kind in _PNG_COLOUR:
            said.setdefault(one.kind, data[one.start + 8 : one.end - 4])
    coded = said.get(b"cICP", b"")
    if len(coded) == 4 and coded[0] in _PRIMARIES and coded[1] in _CURVES:
        return build_profile(_PRIMARIES[coded[0]], _CURVES[coded[1]], is_gray=is_gray)
    icc = _unpacked(said.get(b"iCCP", b""))
    if icc is not None:
        return icc
    if b"sRGB" in said or len(said.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(said[b"gAMA"]) / 100_000
    if not 0.05 <= gamma <= 20:
        return None
    chroma = struct.unpack(">8I", said[b"cHRM"]) if len(said.get(b"cHRM", b"")) == 32 else None
    if chroma is None and abs(2.2 * gamma - 1) < 0.05:
        return None  # old writers' way to say sRGB
    xy = tuple(value / 100_000 for value in chroma) if chroma else _SRGB_XY
    return build_profile(xy, (1 / gamma,), is_gray=is_gray)


def _unpacked(body: bytes) -> bytes | None:
    """The profile in an iCCP chunk."""
    _, _, packed = body.partition(b"\0")
    try:
        unpacking = zlib.decompressobj()
        found = unpacking.decompress(packed[1:], MOST_BYTES + 1)
    except zlib.error:
        return None
    return found or None


def _of_avif(data: bytes) -> bytes | None:
    """Profile of the first `colr` box that gives colours by number (ISO/IEC 14496-12, 12.1.5)."""
    at = data.find(b"colrnclx", 0, 1 << 16)
    if at < 0:
        return None
    primaries, curve = struct.unpack(">HH", data[at + 8 : at + 12].ljust(4, b"\0"))
    curve = 13 if curve in _OF_CAMERAS else curve  # the curve that pages show them by
    if primaries not in _PRIMARIES or curve not in _CURVES or (primaries, curve) == (1, 13):
        return None
    return build_profile(_PRIMARIES[primaries], _CURVES[curve])


@lru_cache(64)
def build_profile(xy: Numbers, curve: Numbers, *, is_gray: bool = False) -> bytes | None:
    """An ICC profile (version 4) of three colours, or of grey; None where they are none that span a space.

    Args:
        xy: chromaticities x and y of white, red, green and blue, 0 to 1.
        curve: parameters of ICC.1's parametric curve of type 0 (the exponent) or 3.
    """
    primaries = _adapted(xy)
    if primaries is None:
        return None
    white = (b"wtpt", _xyz(_D50))
    kind = {1: 0, 5: 3}[len(curve)]
    trc = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, curve))
    if is_gray:
        return _packed(b"GRAY", [white, (b"kTRC", trc)])
    columns = [(name, _xyz(column)) for name, column in zip(_COLUMNS, primaries.T, strict=True)]
    return _packed(b"RGB ", [white, *columns, *((name, trc) for name in (b"rTRC", b"gTRC", b"bTRC"))])


_COLUMNS: Final = (b"rXYZ", b"gXYZ", b"bXYZ")


def _adapted(xy: Numbers) -> NDArray[np.float64] | None:
    """(3, 3): XYZ of red, green and blue in its columns, seen under D50 (ICC.1, annex E: Bradford)."""
    points = np.array(xy, dtype=np.float64).reshape(4, 2)
    if not (points[:, 1] > 1e-4).all():
        return None
    tristimulus = np.column_stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)]) / points[:, 1:]
    white, columns = tristimulus[0], tristimulus[1:].T
    if abs(np.linalg.det(columns)) < 1e-6:
        return None
    scaled = columns * np.linalg.solve(columns, white)
    cone = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    found: NDArray[np.float64] = np.linalg.solve(_BRADFORD, cone @ _BRADFORD @ scaled)
    return found if np.isfinite(found).all() and np.abs(found).max() < 100 else None


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(float(value)) for value in values)


def _packed(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags:
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    illuminant = b"".join(_fixed(float(value)) for value in _D50)
    head = (
        struct.pack(">I", start + len(body))
        + bytes(4)
        + b"\4\x30\0\0"
        + b"mntr"
        + space
        + b"XYZ "
        + bytes(12)
        + b"acsp"
    )
    return (head + bytes(28) + illuminant).ljust(128, b"\0") + table + body
