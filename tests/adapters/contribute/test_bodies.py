"""Bodies that come slowly or break off."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from silverprint.adapters.contribute import bodies
from silverprint.adapters.contribute.rate_limit import RateLimit


def request(*messages: dict[str, object]) -> Request:
    """One whose body comes in these messages, and after the last of them nothing ever."""
    waiting = list(messages)

    async def receive() -> dict[str, object]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def piece(data: bytes, more: bool = True) -> dict[str, object]:
    return {"type": "http.request", "body": data, "more_body": more}


def read(asked: Request, most: int = 100, **times: float) -> bytes:
    async def collect(stream: AsyncIterator[bytes]) -> bytes:
        return b"".join([one async for one in stream])

    return asyncio.run(collect(bodies.pieces(asked, most, **times)))


def test_a_body_is_read_whole() -> None:
    assert read(request(piece(b"ab"), piece(b"c", more=False))) == b"abc"


def test_a_body_that_stops_is_not_waited_for() -> None:
    with pytest.raises(bodies.Refused, match="too-slow") as refused:
        read(request(piece(b"ab")), idle_s=0.01)
    assert refused.value.status == 408


def test_a_body_that_drips_is_ended_by_the_whole_time() -> None:
    with pytest.raises(bodies.Refused, match="too-slow"):
        read(request(piece(b"a"), piece(b"b", more=False)), idle_s=60.0, whole_s=0.0)


def test_a_body_that_breaks_off_is_no_body() -> None:
    with pytest.raises(bodies.Refused, match="broken-off"):
        read(request(piece(b"ab"), {"type": "http.disconnect"}))


def test_a_body_is_bounded_whatever_it_said() -> None:
    with pytest.raises(bodies.Refused, match="too-large"):
        read(request(piece(bytes(60)), piece(bytes(60), more=False)))


def test_a_rate_comes_back_with_time_and_is_each_senders_own() -> None:
    now = 0.0
    limit = RateLimit(2.0, 3, lambda: now)
    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b")
    now = 1.0
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
