"""Scrapy's connections with a lenient parser: malformed replies that browsers accept are accepted.

Between the wire and Twisted's parser every head is read by `fetching.http.response_head` and passed on in plain form,
every body of chunks likewise; what is broken ends the request with the reason that a list would give.
"""

from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web._newclient import HTTP11ClientProtocol
from twisted.web.client import _HTTP11ClientFactory

from silverprint.fetching.http import response_head
from silverprint.fetching.http.chunked import Chunks


class LenientHandler(HTTP11DownloadHandler):
    """Download handler for http and https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory


class _Factory(_HTTP11ClientFactory):
    noisy = False

    def buildProtocol(self, addr: Any) -> HTTP11ClientProtocol:  # noqa: N802 (Twisted's name)
        return LenientProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class LenientProtocol(HTTP11ClientProtocol):
    """One connection."""

    _waits = False  # whether a head is still expected
    _chunks: Chunks | None = None

    def request(self, request: Any) -> Deferred[Any]:
        self._received, self._looked_at, self._waits, self._chunks = bytearray(), 0, True, None
        answered: Deferred[Any] = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = response_head.MOST  # longest line; Twisted's own limit is lower
        return answered

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802, A002 (Twisted's names)
        try:
            plain = self._plain(bytes)
        except ValueError:  # NoHttp, Broken
            self._giveUp(Failure())  # type: ignore[no-untyped-call]
        else:
            if plain:
                super().dataReceived(plain)  # type: ignore[no-untyped-call]

    def _plain(self, data: bytes) -> bytes:
        """What has come of a reply, in plain form, as far as it can be passed on."""
        head = b""
        while self._waits:
            self._received += data
            found = response_head.span(self._received, self._looked_at)
            if found is None:
                self._looked_at = len(self._received)
                return b""
            start, end, behind = found
            parsed = response_head.parse(bytes(self._received[start:end]))
            data, self._received, self._looked_at = bytes(self._received[behind:]), bytearray(), 0
            if parsed.status >= 200:  # below 200 it is an interim reply; the final one follows
                head, self._waits = response_head.to_bytes(parsed), False
                self._chunks = Chunks() if parsed.chunked else None
        return head + (data if self._chunks is None else self._in_chunks(self._chunks, data))

    def _in_chunks(self, chunks: Chunks, data: bytes) -> bytes:
        if chunks.done:
            return b""
        pieces = b"".join(chunks.feed(data))
        return (b"%x\r\n%s\r\n" % (len(pieces), pieces) if pieces else b"") + (b"0\r\n\r\n" if chunks.done else b"")
