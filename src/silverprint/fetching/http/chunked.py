"""Chunked bodies (RFC 9112, 7.1), decoded as they arrive."""

from typing import Final

from silverprint.fetching.http.response_head import BrokenHead

_LONGEST_LINE: Final = 4_096  # bytes, of a chunk's size with its extensions, or of a trailer
_MOST_TRAILERS: Final = 64
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class Chunks:
    """
    Attributes:
        done: whether the last chunk, and the trailers behind it, have come.
        more: whether more came than that.
    """

    def __init__(self) -> None:
        self.done = self.more = False
        self._rest = b""  # beginning of a line that is not complete yet
        self._left = 0  # bytes of the chunk, its line's end included
        self._in_trailers, self._trailers = False, 0

    def feed(self, data: bytes) -> list[bytes]:
        """The part of the body in the next bytes off the wire.

        Raises:
            Broken: they are no chunks.
        """
        data, self._rest = self._rest + data, b""
        found: list[bytes] = []
        at = 0
        while at < len(data):
            if self.done:
                self.more = True
                break
            if self._left:
                end = min(at + self._left, len(data))
                self._left -= end - at
                # The two bytes behind a chunk are its line's end, and not of the body.
                body_end = max(at, end - max(0, 2 - self._left))
                found.append(data[at:body_end])
                at = end
            else:
                end = data.find(b"\n", at)
                if max(end, len(data) if end < 0 else 0) - at > _LONGEST_LINE:
                    raise BrokenHead("a line too long")
                if end < 0:
                    self._rest = data[at:]
                    break
                self._line(data[at:end].removesuffix(b"\r"))
                at = end + 1
        return found

    def _line(self, line: bytes) -> None:
        if self._in_trailers:
            self._trailers += 1
            if self._trailers > _MOST_TRAILERS:
                raise BrokenHead("too many trailers")
            self.done = not line
            return
        size = line.partition(b";")[0].strip()
        if not size or not _HEX.issuperset(size):
            raise BrokenHead("no size of a chunk")
        length = int(size, 16)
        self._in_trailers = not length
        self._left = length + 2 if length else 0
