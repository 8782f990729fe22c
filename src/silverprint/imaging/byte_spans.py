"""Slices of a file, taken apart without copying: views of its bytes, and a few that are written anew."""

import hashlib
from collections.abc import Iterable
from typing import Final, TypeAlias

Piece: TypeAlias = bytes | memoryview
Span: TypeAlias = tuple[int, int]  # start and end in the file

# Chunks of one file. Programs write 8 KB and more into one, so that 20 MB are 2,500; a frame of an animation is two.
MOST_PARTS: Final = 32_768


class TooManyParts(Exception):  # noqa: N818 (a finding about a picture, not a fault)
    """A file has more segments or chunks than any camera or program writes: it was made to keep us busy."""


def count_part(parts: int, most: int = MOST_PARTS) -> int:
    """One part more than `parts`.

    Raises:
        TooManyParts: it is one more than `most`.
    """
    if parts >= most:
        raise TooManyParts
    return parts + 1


def kept_pieces(data: bytes, kept: Iterable[Span | bytes]) -> list[Piece]:
    """What is kept of `data`, in order: neighbouring spans as one slice, `data` itself where nothing is left out."""
    found: list[Span | bytes] = []
    for one in kept:
        last = found[-1] if found else b""
        if isinstance(one, bytes) or isinstance(last, bytes) or last[1] != one[0]:
            found.append(one)
        else:
            found[-1] = (last[0], one[1])
    if found == [(0, len(data))]:
        return [data]
    view = memoryview(data)
    return [one if isinstance(one, bytes) else view[one[0] : one[1]] for one in found]


def sha256_of(payload: Iterable[Piece]) -> str:
    """SHA-256 of all pieces as one."""
    digest = hashlib.sha256()
    for piece in payload:
        digest.update(piece)
    return digest.hexdigest()
