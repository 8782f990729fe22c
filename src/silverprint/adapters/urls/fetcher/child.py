"""Child process with the sockets: orders come in on standard input, results leave on standard output.

`python -m silverprint.adapters.urls.fetcher.child DESCRIPTOR SIZE`; bodies go through the ring in the file that is
open as DESCRIPTOR. When its input ends it ends, too, whatever is under way: the other process may have been killed.
"""

import asyncio
import gc
import os
import pickle
import sys
from collections.abc import AsyncIterator
from typing import Any, Final

from silverprint.adapters.urls.fetcher.image import ImageFetcher
from silverprint.adapters.urls.fetcher.messages import LENGTH, FetchSettings, Request, Result, frame
from silverprint.adapters.urls.fetcher.per_host import HostLimits
from silverprint.adapters.urls.fetcher.ring_buffer import Ring
from silverprint.adapters.urls.http.address import Gate, sendable_url
from silverprint.adapters.urls.http.client import Client
from silverprint.fetching.address_guard import AddressPolicy

_GATHERED_S: Final = 0.005  # time for which results wait for others, so that each does not cost a message


class _NoMoreOrders(Exception):  # noqa: N818
    pass


class _Outbox:
    """Results on their way out."""

    def __init__(self, ring: Ring, pipe: asyncio.WriteTransport) -> None:
        self._ring, self._pipe = ring, pipe
        self._results: list[Result] = []
        self._room = asyncio.Event()

    async def put(self, result: Result, body: bytes | None) -> None:
        """Waits while the ring is full."""
        if body is not None:
            while (place := self._ring.put(body)) is None:
                self._room.clear()
                await self._room.wait()
            result = result._replace(place=place, size=len(body))
        if not self._results:
            asyncio.get_running_loop().call_later(_GATHERED_S, self._send)
        self._results.append(result)

    def freed(self, count: int) -> None:
        self._ring.free(count)
        self._room.set()

    def _send(self) -> None:
        self._pipe.write(frame(self._results))
        self._results = []


async def serve(ring: Ring) -> None:
    """Follows orders until there are no more."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(1, "wb", closefd=False))
    messages = _messages(reader)
    manner: FetchSettings = await anext(messages)
    reach, outbox = AddressPolicy(manner.allow_private), _Outbox(ring, pipe)
    gate = Gate(reach, manner.takedowns)
    async with Client(manner.user_agent, manner.timeout_s, reach) as client:
        pictures = ImageFetcher(manner, client, gate)

        async def work(request: Request) -> None:
            found, body = await pictures.fetch(request)
            await outbox.put(Result(request.number, found), body)

        try:
            async with asyncio.TaskGroup() as group:
                hosts = HostLimits(group, manner.per_host, work)
                async for orders in messages:
                    outbox.freed(orders.freed)
                    for request in orders.requests:
                        hosts.add(_host(request.url), request)
                raise _NoMoreOrders
        except* _NoMoreOrders:
            pass


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[Any]:
    while True:
        try:
            (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            yield pickle.loads(await reader.readexactly(length))  # noqa: S301 (from the process that started this one)
        except asyncio.IncompleteReadError:
            return


def _host(url: str) -> str:
    """Whom the request will go to; all that go nowhere stand in one line."""
    try:
        return sendable_url(url)[1]
    except ValueError:
        return ""


if __name__ == "__main__":
    shared = Ring(int(sys.argv[1]), int(sys.argv[2]))
    gc.freeze()
    asyncio.run(serve(shared))
