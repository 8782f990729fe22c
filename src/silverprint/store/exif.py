"""The smallest EXIF there is: one tag, the orientation."""

from typing import Final

EXIF_HEADER: Final = b"Exif\0\0"  # before the TIFF structure in JPEG


def only_orientation(value: int) -> bytes:
    """A TIFF structure whose only entry is tag 0x0112 (Exif 2.32, 4.6.2) with `value`, 2 to 8."""
    entry = b"\x12\x01" + b"\x03\x00" + b"\x01\x00\x00\x00" + value.to_bytes(4, "little")
    return b"II*\0" + b"\x08\x00\x00\x00" + b"\x01\x00" + entry + bytes(4)
