"""Whether a file has more than one picture: told without decoding any, nor walking through thousands."""

from collections.abc import Iterator
from itertools import islice
from struct import error, unpack_from
from typing import Final

from PIL import Image

MOST_FRAMES: Final = 100  # that are counted; what has more is as good as one with so many

_GIF_HEADER, _GIF_IMAGE_HEADER, _GIF_EXTENSION, _GIF_IMAGE = 13, 10, 0x21, 0x2C


def frame_count(picture: Image.Image, data: bytes, name: str) -> int:
    """How many frames or pages an opened file has, 1 to MOST_FRAMES.

    Args:
        name: its format, as `sniff` has it.
    """
    if name == "jpeg":  # Pillow counts its preview pictures (MPO); they are no animation
        return 1
    if name == "gif":
        found = _gif_frames(data)
    elif name == "tiff":
        found = len(list(islice(_tiff_pages(data), MOST_FRAMES)))
    else:  # Pillow has read their number from the header
        found = int(getattr(picture, "n_frames", 1))
    return min(max(found, 1), MOST_FRAMES)


def _gif_frames(data: bytes) -> int:
    """Of the blocks after the header (GIF89a, 20 and 24); what is cut off counts."""
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
