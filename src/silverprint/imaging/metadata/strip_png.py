"""PNG chunks (ISO/IEC 15948, third edition): found in one pass, written, and dropped where they are metadata."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from silverprint.imaging.byte_spans import Piece, Span, count_part, kept_pieces
from silverprint.imaging.metadata.exif_orientation import only_orientation, read_orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_AROUND = 12  # bytes of a chunk around its data: length, kind, checksum
_KEPT = {  # chunks of pixels, colour and animation
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT"),
    *(b"acTL", b"fcTL", b"fdAT"),
}


class Chunk(NamedTuple):
    """
    Attributes:
        kind: four letters.
        start, end: in the file, length and checksum included; `end` may lie behind a file that is cut off.
        sound: whether its checksum is right.
    """

    kind: bytes
    start: int
    end: int
    sound: bool


def chunks(data: bytes) -> Iterator[Chunk]:
    """Every chunk of a PNG up to IEND, or up to where it is cut off."""
    at, view = len(SIGNATURE), memoryview(data)
    while at + 8 <= len(data):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4])
        yield Chunk(kind, at, end, zlib.crc32(view[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end]))
        if kind == b"IEND":
            return
        at = end


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk, with its length and checksum."""
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def strip_png(data: bytes) -> list[Piece]:
    """See `metadata.strip`. Chunks of pixels, colour and animation are kept, all others dropped.

    The orientation is that of the first eXIf chunk; EXIF as text is ignored, as in browsers.

    What follows IEND is dropped (old screenshot tools left cropped parts there).
    """
    kept: list[Span | bytes] = [(0, len(SIGNATURE))]
    at, turn, parts = len(SIGNATURE), 0, 0
    while at < len(data):
        parts = count_part(parts)
        end = at + _AROUND + int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if kind in _KEPT:
            kept.append((at, min(end, len(data))))
        elif kind == b"eXIf" and not turn:
            turn = read_orientation(memoryview(data)[at + 8 : end - 4])
        if kind == b"IEND":
            break
        at = end
    if turn > 1:
        kept.insert(2, chunk(b"eXIf", only_orientation(turn)))  # after IHDR
    return kept_pieces(data, kept)
