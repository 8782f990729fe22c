"""Connections that ask nothing end; one that is being answered does not."""

import asyncio

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from silverprint import page_connections
from silverprint.page_connections import PageConnection

LOOK_S = 0.05
ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def slow_page(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(4 * LOOK_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def sent(said: bytes) -> bytes:
    """All that comes until the server ends the connection."""
    config = uvicorn.Config(slow_page, port=0, http=PageConnection, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        writer.write(said)
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
        await server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"", 0),
        (b"GET / HTTP/1.1\r\nHost: he", 0),
        (ASK, 1),
        (ASK + b"GET / HTTP/1.1\r\nHo", 1),  # ends uvicorn's own time for a connection that is kept
        (ASK + ASK, 2),
    ],
)
def test_what_asks_nothing_ends_and_what_asks_is_answered(
    said: bytes, answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_connections, "HEAD_S", LOOK_S)
    assert asyncio.run(sent(said)).count(b"HTTP/1.1 200") == answers
