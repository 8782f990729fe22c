"""Takes out of a picture's file what can identify a person or place, without touching its pixels."""

from collections.abc import Callable
from io import BytesIO
from typing import Final

from PIL import Image

from silverprint.store.orientation import orientation
from silverprint.store.pieces import Piece
from silverprint.store.sniff import sniff
from silverprint.store.strip_jpeg import strip_jpeg
from silverprint.store.strip_png import strip_png
from silverprint.store.strip_webp import strip_webp

_STRIPPERS: Final[dict[str, Callable[[bytes, Callable[[], int]], list[Piece]]]] = {
    "jpeg": strip_jpeg,
    "png": strip_png,
    "webp": strip_webp,
}


def strip(data: bytes) -> bytes:
    """`data` without EXIF, XMP, IPTC, comments, text, times, embedded previews and whatever follows the picture's end.

    Kept: pixels, colour profile, and the orientation (as the only EXIF tag, where it is not 1). JPEG, PNG and WebP;
    other formats and malformed files come back unchanged. `strip(strip(x)) == strip(x)`.
    """
    return b"".join(stripped(data))


def stripped(data: bytes) -> list[Piece]:
    """As `strip`, in pieces of `data` instead of a copy; `[data]` itself where there is nothing to take out."""
    name = sniff(data)
    if name not in _STRIPPERS:
        return [data]
    try:
        return _STRIPPERS[name](data, lambda: _orientation(data))
    except ValueError:
        return [data]


def _orientation(data: bytes) -> int:
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as picture:
            return orientation(picture)
    except Exception:  # as in orientation: on a broken header Pillow raises nearly everything
        raise ValueError("malformed") from None
