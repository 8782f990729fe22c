"""Connections of aiohttp with a lenient parser: malformed replies that browsers accept are accepted.

Between the wire and aiohttp's parser every reply is put into plain form (`fetching.http.plain_reply`), as it is in a
crawl. Of the head aiohttp is told only how the body ends.
"""

import asyncio
from typing import Any, Self

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection as Held
from aiohttp.helpers import set_exception

from silverprint.fetching.http import response_head
from silverprint.fetching.http.plain_reply import PlainReply
from silverprint.fetching.http.response_head import Head
from silverprint.fetching.refusals import Failed


class Stale(Exception):  # noqa: N818
    """The server had closed the connection before it heard the request: ask again, over another one."""


class Connection(ResponseHandler):
    """
    Args:
        waiting: connections that wait for their next request; it takes itself out.

    Attributes:
        head: of the reply, once it has come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, waiting: dict[ResponseHandler, None]) -> None:
        super().__init__(loop)
        self._waiting = waiting
        self._reply: PlainReply | None = None  # None where none is expected
        self._left = 0  # bytes of a body of known length
        self._used = self._heard = False  # for a reply before; anything of this one
        self.head: Head | None = None

    def set_response_params(self, **params: Any) -> None:
        """Called before each request."""
        self._waiting.pop(self, None)
        self._reply, self.head, self._heard = PlainReply(), None, False
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        if not data:  # aiohttp goes on with what it has put aside
            return super().data_received(data)
        if self._reply is None:
            return self.abort()
        self._heard = True
        try:
            body = self._reply.feed(data)
        except response_head.NoHttp:
            return self._fail("connection")
        except response_head.BrokenHead:
            return self._fail("broken-response")
        head, is_new = self._reply.head, self.head is None
        if head is None:
            return None
        if is_new:
            self.head, self._left = head, head.length or 0
        body = self._without_surplus(self._reply, head, body)
        if is_new:
            super().data_received(response_head.to_bytes(head._replace(headers={})))
        if body:
            super().data_received(body)
        return None

    def connection_lost(self, exc: BaseException | None) -> None:
        self._waiting.pop(self, None)
        if self._reply is not None and self.head is None:
            self.set_exception(Stale() if self._used and not self._heard else Failed("connection"))
        elif self._reply is not None and exc is not None and self._payload is not None:
            set_exception(self._payload, Failed("cut-off"))  # aiohttp takes a reset for a body's end, too
        super().connection_lost(exc)

    def _without_surplus(self, reply: PlainReply, head: Head, body: bytes) -> bytes:
        """The body, without what came behind it: a connection over which more came is not used again."""
        if reply.chunks is not None:
            is_done, is_more = reply.chunks.done, reply.chunks.more
        elif head.length is not None:
            body, is_more = body[: self._left], len(body) > self._left
            self._left -= len(body)
            is_done = not self._left
        else:
            return body  # to the connection's end
        if is_done:
            self._reply, self._used = None, True
            if is_more:
                self.force_close()
        return body

    def abort(self) -> None:
        self._waiting.pop(self, None)
        super().abort()

    def _fail(self, reason: str) -> None:
        why = Failed(reason)
        self.set_exception(why)
        if self._payload is not None:
            set_exception(self._payload, why)
        self._reply = None
        if self.transport is not None:
            self.transport.abort()


class Response(aiohttp.ClientResponse):
    """
    Attributes:
        head: as it was read from the wire.
    """

    head: Head

    async def start(self, connection: Held) -> Self:
        protocol = connection.protocol  # has left the connection once the body has come
        await super().start(connection)
        assert isinstance(protocol, Connection)  # noqa: S101 (by our connector)
        assert protocol.head is not None  # noqa: S101 (it has come)
        self.head = protocol.head
        return self
