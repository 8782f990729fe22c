"""Reply of an HTTP/1 server in plain form, for other libraries' parsers: what browsers forgive is gone from it."""

from silverprint.fetching.http import response_head
from silverprint.fetching.http.chunked import Chunks
from silverprint.fetching.http.response_head import Head


class PlainReply:
    """
    Attributes:
        head: of the final reply, as soon as it has come whole; interim ones are left out.
        chunks: of its body, if it comes in such.
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self.chunks: Chunks | None = None
        self._received, self._looked_at = bytearray(), 0

    def feed(self, data: bytes) -> bytes:
        """What has come of the body with the next bytes off the wire; chunks are written anew.

        Raises:
            NoHttp, BrokenHead: nobody can read the head or the chunks.
        """
        while self.head is None:
            received: bytes | bytearray = data
            if self._received:
                self._received += data
                received = self._received
            found = response_head.span(received, self._looked_at)
            if found is None:
                self._received, self._looked_at = self._received or bytearray(data), len(received)
                return b""
            start, end, behind = found
            head = response_head.parse(bytes(received[start:end]))
            data, self._received, self._looked_at = bytes(received[behind:]), bytearray(), 0
            if head.status >= 200:
                self.head, self.chunks = head, Chunks() if head.chunked else None
        return data if self.chunks is None else _in_chunks(self.chunks, data)


def _in_chunks(chunks: Chunks, data: bytes) -> bytes:
    if chunks.done:
        return b""
    pieces = b"".join(chunks.feed(data))
    return (b"%x\r\n%s\r\n" % (len(pieces), pieces) if pieces else b"") + (b"0\r\n\r\n" if chunks.done else b"")
