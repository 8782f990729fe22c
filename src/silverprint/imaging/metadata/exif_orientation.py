"""EXIF orientation, the one tag that changes what an image shows: read from EXIF's bytes, and written."""

from struct import error, iter_unpack, unpack_from
from typing import Final

EXIF_HEADER: Final = b"Exif\0\0"  # before the TIFF structure in JPEG

_TAG: Final = 0x0112
_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY: Final = 12  # bytes of an entry in a directory
_SHORT, _LONG = 3, 4


def read_orientation(exif: bytes | memoryview) -> int:
    """The orientation that a TIFF structure states in its first directory, 1 (upright) to 8; 1 where it states none.

    At most that directory is read, 65,535 entries of 12 bytes, whatever the structure's size. Of several entries the
    last counts, as in browsers. One that makes no sense is none.

    Args:
        exif: with `EXIF_HEADER` before it, or without.
    """
    view = memoryview(exif)
    if bytes(view[: len(EXIF_HEADER)]) == EXIF_HEADER:
        view = view[len(EXIF_HEADER) :]
    order = _ORDERS.get(bytes(view[:4]))
    if order is None:
        return 1
    try:
        (at,) = unpack_from(order + "I", view, 4)
        (count,) = unpack_from(order + "H", view, at)
    except error:  # cut off
        return 1
    entries = view[at + 2 : at + 2 + count * _ENTRY]
    found = 1
    for tag, kind, values, value in iter_unpack(order + "HHI4s", entries[: len(entries) // _ENTRY * _ENTRY]):
        if tag == _TAG:
            found = _value(order, kind, values, value)
    return found if 1 <= found <= 8 else 1


def only_orientation(value: int) -> bytes:
    """A TIFF structure whose only entry is tag 0x0112 (Exif 2.32, 4.6.2) with `value`, 2 to 8."""
    entry = b"\x12\x01" + b"\x03\x00" + b"\x01\x00\x00\x00" + value.to_bytes(4, "little")
    return b"II*\0" + b"\x08\x00\x00\x00" + b"\x01\x00" + entry + bytes(4)


def _value(order: str, kind: int, values: int, field: bytes) -> int:
    if values != 1 or kind not in {_SHORT, _LONG}:
        return 1
    number: int = unpack_from(order + ("H" if kind == _SHORT else "I"), field)[0]
    return number
