"""PNG chunks (ISO/IEC 15948, third edition), found in one pass."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"


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
