"""Frames of a file: their number, and the one that is meant, found without decoding or walking through thousands."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from struct import error, unpack_from
from typing import Final

from PIL import Image

MOST_FRAMES: Final = 100  # frames that are counted; more make no difference

_GIF_HEADER, _GIF_IMAGE_HEADER, _GIF_EXTENSION, _GIF_IMAGE = 13, 10, 0x21, 0x2C
# Pillow counts a JPEG's previews (MPO), a PSD's layers, what else a HEIF or an icon holds: they are no animation.
_STILL: Final = {"jpeg", "psd", "heic", "ico"}
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255  # TIFF 6.0, section 8
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2


def seek_main_frame(picture: Image.Image, data: bytes, name: str) -> int:
    """Puts an opened picture of format `name` at the frame that is meant; returns how many it has, 1 to MOST_FRAMES.

    More than 1 is an animation, or several pages. Of a TIFF the second page alone is looked at: where one of the two is
    a thumbnail or a mask, the other is the picture.
    """
    if name == "tiff":
        return _page(picture, data)
    frames = 1 if name in _STILL else frame_count(picture, data, name)
    if frames > 1:
        picture.seek(0)
    return frames


def _page(picture: Image.Image, data: bytes) -> int:
    try:
        # The file is opened a second time: a broken second page must not spoil the first.
        with Image.open(BytesIO(data), formats=["TIFF"]) as other:
            other.seek(1)
            beside = [_is_beside(page) for page in (picture, other)]
    except Exception:  # no second page, or one that cannot be read: Pillow raises nearly every built-in exception
        return 1
    if beside == [True, False]:
        picture.seek(1)
    return 1 if any(beside) else frame_count(picture, data, "tiff")


def _is_beside(page: Image.Image) -> bool:
    """Whether a page says that it is only the thumbnail or the mask of another."""
    tags = page.tag_v2  # type: ignore[attr-defined]
    kind = tags.get(_NEW_SUBFILE_TYPE, 0)
    return bool(isinstance(kind, int) and kind & (_REDUCED | _MASK)) or tags.get(_SUBFILE_TYPE) == _OLD_REDUCED


def frame_count(picture: Image.Image, data: bytes, name: str) -> int:
    """How many frames or pages an opened file has, 1 to MOST_FRAMES.

    Args:
        name: its format, as `sniff` has it.
    """
    if name == "gif":
        found = _gif_frames(data)
    elif name == "tiff":
        found = len(list(islice(_tiff_pages(data), MOST_FRAMES)))
    else:  # Pillow has read their number from the header
        found = int(getattr(picture, "n_frames", 1))
    return min(max(found, 1), MOST_FRAMES)


def _gif_frames(data: bytes) -> int:
    """Number of frames in the blocks after the header (GIF89a, 20 and 24); one that is cut off counts."""
    at, found = _GIF_HEADER + _colours(data, 10), 0
    while at < len(data) and found < MOST_FRAMES:
        if data[at] == _GIF_IMAGE:
            found += 1
            at += _GIF_IMAGE_HEADER + _colours(data, at + 9) + 1
        elif data[at] == _GIF_EXTENSION:
            at += 2
        else:
            break
        while at < len(data) and data[at]:  # sub-blocks, each with its length before it
            at += data[at] + 1
        at += 1
    return found


def _colours(data: bytes, at: int) -> int:
    """Bytes of the table of colours that the flags at `at` speak of."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _tiff_pages(data: bytes) -> Iterator[int]:
    """Where each directory of a TIFF, or BigTIFF, begins, in their chain; one that comes again ends it."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in {b"+\0", b"\0+"}
    count, offset, entry = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    seen: set[int] = set()
    link = 8 if is_big else 4
    try:
        while (page := unpack_from(order + offset, data, link)[0]) and page not in seen:
            (entries,) = unpack_from(order + count, data, page)
            seen.add(page)
            yield page
            link = page + (8 if is_big else 2) + entries * entry
    except (error, OverflowError):  # cut off, or beyond the file
        return
