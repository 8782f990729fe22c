"""A file taken apart without copying it: slices of its bytes, and a few that are written anew."""

from collections.abc import Iterable
from typing import TypeAlias

Piece: TypeAlias = bytes | memoryview
Span: TypeAlias = tuple[int, int]  # start and end in the file


def pieces(data: bytes, kept: Iterable[Span | bytes]) -> list[Piece]:
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
