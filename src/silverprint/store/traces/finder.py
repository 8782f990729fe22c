"""Search for many byte strings at once in a stream, in bounded memory; its time does not grow with their number.

The eight bytes at every offset are hashed into a table of bits, all offsets of a block at once (multiplicative hashing:
Knuth, The Art of Computer Programming 3, 6.4). Where the bit is set, which is seldom, the string itself is compared.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 4 << 20  # bytes read at once
_HEAD: Final = 8  # bytes that are hashed
_BITS: Final = 20  # of the table's index: a thousand strings set a thousandth of it
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
AFTER: Final = 3  # bytes behind a hit that are told with it


class Label(NamedTuple):
    """What a string tells of: a picture, and which of its forms."""

    image_id: str
    form: str


class Hit(NamedTuple):
    """A string that was found, and the up to `AFTER` bytes behind it."""

    label: Label
    after: bytes


class Finder:
    """
    Args:
        needles: what to look for; each at least 8 bytes long.
    """

    def __init__(self, needles: Mapping[bytes, Label]) -> None:
        if any(len(needle) < _HEAD for needle in needles):
            raise ValueError(f"a needle needs {_HEAD} bytes")
        self._by_head: dict[bytes, list[tuple[bytes, Label]]] = {}
        for needle, label in needles.items():
            self._by_head.setdefault(needle[:_HEAD], []).append((needle, label))
        self._longest = max(map(len, needles), default=_HEAD)
        self._table = np.zeros(1 << _BITS, dtype=np.bool_)
        if needles:
            self._table[_places(np.frombuffer(b"".join(self._by_head), dtype="<u8"))] = True

    def hits(self, stream: BinaryIO) -> Iterator[Hit]:
        """Every occurrence in what is left of `stream`, in no particular order."""
        kept, block = b"", stream.read(BLOCK)
        while block:
            following = stream.read(BLOCK)
            data = kept + block
            # Behind the last start a string may not end in this block; the next one begins with what is left.
            starts = max(0, len(data) - (self._longest + AFTER) + 1) if following else len(data)
            yield from self._in_block(data, starts)
            kept, block = data[starts:], following

    def _in_block(self, data: bytes, starts: int) -> Iterator[Hit]:
        """Those that begin before the offset `starts`."""
        for shift in range(min(_HEAD, starts, len(data) - _HEAD + 1)):
            words = np.frombuffer(data, dtype="<u8", count=(len(data) - shift) // _HEAD, offset=shift)
            for place in np.flatnonzero(self._table[_places(words)]):
                at = shift + _HEAD * int(place)
                if at < starts:
                    yield from self._at(data, at)

    def _at(self, data: bytes, at: int) -> Iterator[Hit]:
        for needle, label in self._by_head.get(data[at : at + _HEAD], ()):
            end = at + len(needle)
            if data[at:end] == needle:
                yield Hit(label, data[end : end + AFTER])


def _places(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (words * _FACTOR) >> np.uint64(64 - _BITS)
