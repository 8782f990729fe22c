"""CBOR (RFC 8949) of small documents from strangers: decoded within bounds, into plain values."""

import struct
from typing import Any, Final

_DEEPEST: Final = 16  # levels
_MOST: Final = 10_000  # items
_BREAK: Final = object()
_SIMPLE: Final = {20: False, 21: True, 22: None, 23: None}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}


def decoded(data: bytes) -> Any:
    """The first item in `data`; tags are left out, and keys of maps that are no text.

    Raises:
        ValueError: it is cut off or none, nested more than 16 levels deep, or of more than 10,000 items.
    """
    item = _Reader(data).item(0)
    if item is _BREAK:
        raise ValueError("a break without a beginning")
    return item


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._items = data, 0, 0

    def item(self, depth: int) -> Any:
        self._items += 1
        if depth > _DEEPEST or self._items > _MOST:
            raise ValueError("nested too deep, or too long")
        head = self._take(1)[0]
        major, more = head >> 5, head & 0x1F
        if major == 7:
            return self._simple(more)
        count = self._count(more)
        if major in (2, 3):
            return self._text(count, major, depth)
        if major == 4:
            return self._list(count, depth)
        if major == 5:
            return self._map(count, depth)
        if count is None:
            raise ValueError("a number without a length")
        if major == 6:
            return self.item(depth + 1)  # a tag's content
        return count if major == 0 else -1 - count

    def _take(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise ValueError("cut off")
        return self._data[start : self._at]

    def _count(self, more: int) -> int | None:
        """A length or a number; None: a break ends it."""
        if more < 24:
            return more
        if more == 31:
            return None
        if more > 27:
            raise ValueError("a reserved length")
        return int.from_bytes(self._take(1 << (more - 24)))

    def _simple(self, more: int) -> Any:
        if more == 31:
            return _BREAK
        if more in _FLOATS:
            return struct.unpack(_FLOATS[more], self._take(1 << (more - 24)))[0]
        if more == 24:
            more = self._take(1)[0]
        return _SIMPLE.get(more)

    def _text(self, count: int | None, major: int, depth: int) -> Any:
        if count is None:
            pieces = self._list(None, depth)
            text: Any = "" if major == 3 else b""
            if not all(isinstance(piece, type(text)) for piece in pieces):
                raise ValueError("pieces of another kind")
            return text.join(pieces)
        data = self._take(count)
        return data.decode("utf-8", "replace") if major == 3 else data

    def _list(self, count: int | None, depth: int) -> list[Any]:
        found: list[Any] = []
        while count is None or len(found) < count:
            item = self.item(depth + 1)
            if item is _BREAK:
                if count is not None:
                    raise ValueError("a break within a length")
                break
            found.append(item)
        return found

    def _map(self, count: int | None, depth: int) -> dict[str, Any]:
        flat = self._list(None if count is None else 2 * count, depth)
        if len(flat) % 2:
            raise ValueError("a key without a value")
        return {key: value for key, value in zip(flat[::2], flat[1::2], strict=True) if isinstance(key, str)}
