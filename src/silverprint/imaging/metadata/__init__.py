"""Metadata stripping: removes what can identify a person or place from an image file, without touching its pixels."""

from collections.abc import Callable
from typing import Final

from silverprint.imaging.byte_spans import Piece, TooManyParts
from silverprint.imaging.metadata.strip_jpeg import strip_jpeg
from silverprint.imaging.metadata.strip_png import strip_png
from silverprint.imaging.metadata.strip_webp import strip_webp
from silverprint.imaging.sniff import sniff

_STRIPPERS: Final[dict[str, Callable[[bytes], list[Piece]]]] = {
    "jpeg": strip_jpeg,
    "png": strip_png,
    "webp": strip_webp,
}


def strip(data: bytes) -> bytes:
    """`data` without EXIF, XMP, IPTC, comments, text, times, embedded previews and whatever follows the picture's end.

    Kept: pixels, colour profile, and the orientation that EXIF states (as the only EXIF tag, where it is not 1); XMP's
    turns nothing, as in browsers. JPEG, PNG and WebP, whole or damaged; other formats come back unchanged.
    `strip(strip(x)) == strip(x)`. One pass over the bytes, and nothing is decoded or inflated. Nothing at all comes
    back of a file that has more segments or chunks than anybody writes (2,048 of a JPEG, 32,768 of others).
    """
    return b"".join(strip_pieces(data))


def strip_pieces(data: bytes) -> list[Piece]:
    """Strips like `strip`, in pieces of `data` instead of a copy; `[data]` itself where there is nothing to remove."""
    strip_format = _STRIPPERS.get(sniff(data) or "")
    try:
        return [data] if strip_format is None else strip_format(data)
    except TooManyParts:
        return []
