"""Connection to a server, over which requests go one after the other."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from silverprint.fetching.http import response_head
from silverprint.fetching.http.chunked import Chunks
from silverprint.fetching.http.response_head import Head
from silverprint.fetching.refusals import Failed, NoImage, Refused

_ROOM: Final = 2 * response_head.MOST  # bytes for a reply, until its head tells how much it needs
_KEPT_ROOM: Final = 1_048_576  # bytes kept for a connection that waits for its next request
_PASSED_OVER: Final = 65_536  # bytes of an unwanted body that are read, so that the connection may be used again

Limit = Callable[[Head], int | None]  # of the body that comes with a head, bytes; None where it is not wanted


class Stale(Exception):  # noqa: N818
    """The server had closed the connection before it heard the request."""


class Connection(asyncio.BufferedProtocol):
    """What is received is written where it stays until the reply is whole: a body of known length is copied once.

    Attributes:
        idle_since: seconds of the monotonic clock; of a connection that waits for its next request.
        on_lost: called when it is closed, by whichever side.
    """

    def __init__(self, on_lost: "Callable[[Connection], None]") -> None:
        self.on_lost, self.idle_since = on_lost, 0.0
        self._room = bytearray(_ROOM)
        self._used = False
        self._reply: asyncio.Future[tuple[Head, bytes | None]] | None = None
        self._start_reply()

    def ask(self, request: bytes, limit: Limit, cuts: bool) -> "asyncio.Future[tuple[Head, bytes | None]]":
        """Sends a request; gives the head of the reply and its body, if that is wanted.

        Args:
            cuts: whether of a longer body what comes first is wanted.

        Raises:
            Stale: ask again, over another connection.
            Refused: `too-large`.
            Failed: `connection`, `cut-off`.
        """
        self._reply, self._limit, self._cuts = asyncio.get_running_loop().create_future(), limit, cuts
        self._transport.write(request)
        return self._reply

    @property
    def lasts(self) -> bool:
        """Whether another request may be sent over it."""
        return self._reply is None and not self._transport.is_closing()

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (what a stream's protocol is given)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self._room)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        if self._reply is None:
            return self.close()  # no request was sent
        try:
            if self._head is None:
                self._read_head()
            if self._head is not None:
                self._read_body()
        except response_head.NoHttp:
            self._fail(Failed("connection"))
        except response_head.BrokenHead:
            self._fail(Failed("broken-response"))
        except NoImage as why:
            self._fail(why)

    def eof_received(self) -> None:
        head = self._head
        if self._reply is not None and head is not None and head.length is None and not head.chunked:
            self._done(b"".join(self._body), lasts=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_lost(self)
        if self._head is not None:
            self._fail(Failed("cut-off"))
        else:
            self._fail(Stale() if self._used and not self._filled else Failed("connection"))

    def _start_reply(self) -> None:
        self._head: Head | None = None
        self._filled = self._looked_at = 0  # bytes
        self._body: list[bytes] = []  # where its length is not known
        self._size = 0  # of that
        self._chunks: Chunks | None = None
        self._at = 0  # where a body of known length begins
        self._most: int | None = None  # bytes of the body; None where it is not wanted

    def _read_head(self) -> None:
        """Takes note of the head, once it is there."""
        while self._head is None:
            found = response_head.span(self._room, self._looked_at, self._filled)
            if found is None:
                self._looked_at = self._filled
                return
            start, end, behind = found
            head = response_head.parse(bytes(self._room[start:end]))
            if head.status >= 200:
                self._head, self._at = head, behind
            else:  # an interim reply; the final one follows
                rest = bytes(self._room[behind : self._filled])
                self._room[: len(rest)] = rest
                self._filled, self._looked_at = len(rest), 0
        self._expect(self._head)

    def _expect(self, head: Head) -> None:
        self._most = self._limit(head)
        if self._most is None:
            if head.length is None or head.length > _PASSED_OVER:
                return self._done(None, lasts=False)
        elif (head.length or 0) > self._most:
            if not self._cuts:
                raise Refused("too-large")
            head = self._head = head._replace(length=self._most, lasts=False)
        if head.length is not None:
            needed = self._at + head.length + 1  # one more, so that there always is room
            if needed > len(self._room):
                room = bytearray(needed)
                room[: self._filled] = memoryview(self._room)[: self._filled]
                self._room = room
        elif head.chunked:
            self._chunks = Chunks()

    def _read_body(self) -> None:
        head = self._head
        if head is None or self._reply is None:
            return
        if head.length is not None:
            end = self._at + head.length
            if self._filled >= end:
                body = bytes(memoryview(self._room)[self._at : end])
                self._done(None if self._most is None else body, lasts=head.lasts and self._filled == end)
            return
        data = bytes(memoryview(self._room)[self._at : self._filled])
        self._filled = self._at = 0
        piece = data if self._chunks is None else b"".join(self._chunks.feed(data))  # joined: a chunk may be one byte
        self._body.append(piece)
        self._size += len(piece)
        if self._size > (self._most or 0):
            if not self._cuts:
                raise Refused("too-large")
            self._done(b"".join(self._body)[: self._most], lasts=False)
        elif self._chunks is not None and self._chunks.done:
            self._done(b"".join(self._body), lasts=head.lasts and not self._chunks.more)

    def _done(self, body: bytes | None, lasts: bool) -> None:
        reply, head = self._reply, self._head
        self._reply, self._used = None, True
        if len(self._room) > _KEPT_ROOM:
            self._room = bytearray(_ROOM)
        self._start_reply()
        if not lasts:
            self._transport.close()
        self.idle_since = time.monotonic()
        if reply is not None and head is not None and not reply.done():
            reply.set_result((head, body))

    def _fail(self, why: Exception) -> None:
        reply, self._reply = self._reply, None
        self._transport.abort()
        if reply is not None and not reply.done():
            reply.set_exception(why)
