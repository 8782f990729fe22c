"""Scrapy's connections with a lenient parser: malformed replies that browsers accept are accepted.

Between the wire and Twisted's parser every reply is put into plain form (`fetching.http.plain_reply`), as it is for
lists; what is broken ends the request with the reason that a list would give.
"""

from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web._newclient import HTTP11ClientProtocol
from twisted.web.client import _HTTP11ClientFactory

from silverprint.fetching.http import response_head
from silverprint.fetching.http.plain_reply import PlainReply


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

    _reply: PlainReply | None = None

    def request(self, request: Any) -> Deferred[Any]:
        self._reply = PlainReply()
        answered: Deferred[Any] = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = response_head.MOST  # longest line; Twisted's own limit is lower
        return answered

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802, A002 (Twisted's names)
        try:
            plain = bytes if self._reply is None else _plain(self._reply, bytes)
        except ValueError:  # NoHttp, BrokenHead
            self._giveUp(Failure())  # type: ignore[no-untyped-call]
        else:
            if plain:
                super().dataReceived(plain)  # type: ignore[no-untyped-call]


def _plain(reply: PlainReply, data: bytes) -> bytes:
    had_head = reply.head is not None
    body = reply.feed(data)
    return body if had_head or reply.head is None else response_head.to_bytes(reply.head) + body
