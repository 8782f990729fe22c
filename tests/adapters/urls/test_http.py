"""HTTP as the list's client speaks it: heads, chunks, and whole exchanges over real sockets."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from silverprint.adapters.urls.http import connector
from silverprint.adapters.urls.http.address import Address, Gate
from silverprint.adapters.urls.http.client import Client, Heard
from silverprint.core.cleaning.takedowns import NOTHING
from silverprint.fetching.address_guard import AddressPolicy
from silverprint.fetching.http import response_head
from silverprint.fetching.http.chunked import Chunks
from silverprint.fetching.http.plain_reply import PlainReply
from silverprint.fetching.refusals import NoImage
from tests.helpers.clock import within

OK = b"HTTP/1.1 200 OK\r\n"


def test_a_head_says_how_the_body_ends() -> None:
    head = response_head.parse(
        OK + b'Content-Length: 7\r\nX-Robots-Tag: a\r\netag:  "\xff" \r\nx-robots-tag: b\r\n c\r'
    )
    assert (head.status, head.length, head.chunked, head.lasts) == (200, 7, False, True)
    assert head.headers["x-robots-tag"] == ("a", "b c")
    assert head.get("etag") == '"\udcff"'
    assert response_head.parse(b"HTTP/1.0 200 OK").lasts is False
    assert response_head.parse(b"HTTP/1.1 304 Not Modified\nContent-Length: 9").length == 0
    assert response_head.parse(OK + b"Transfer-Encoding: Chunked\r\nContent-Length: 3\r").chunked
    assert response_head.parse(OK + b"Connection: Keep, Close\r\nContent-Length: 3\r").lasts is False


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"SSH-2.0", b"HTTP/2 200", b"ICY 200 OK", b"HTTP/1.1 99 x", b"HTTP/1.1", b"HTTP/1.1 " + b"9" * 30),
        *(b"HTTP/1.1 2000 x", b"HTTP/1.1 -20 x", b"HTTP/1.1 2e2 x", b"HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 x"),
        *(OK + b"Content-Length: " + length for length in (b"-1", b"+1", b"1, 2", b"1\r\nContent-Length: 2", b"x")),
        *(OK + b"Content-Length: " + b"9" * 5_000, OK + b"Transfer-Encoding: gzip, chunked"),
    ],
)
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError):
        response_head.parse(head)


@pytest.mark.parametrize("line", [b"a:\n", b" b\n", b":\n", b"\n ", b"a: b,\n"])
def test_a_head_of_many_lines_is_read_in_no_time(line: bytes) -> None:
    head = within(0.5, lambda: response_head.parse(OK + b"a: b\r\n" + line * (response_head.MOST // len(line))))
    assert head.status == 200
    again = within(0.5, lambda: response_head.parse(response_head.to_bytes(head)[:-4]))
    assert again.headers.get("a") == head.headers["a"]


@given(st.binary(max_size=2_000))
def test_any_bytes_make_a_head_or_a_value_error(noise: bytes) -> None:
    for head in (noise, OK + noise):
        try:
            found = response_head.parse(head)
        except ValueError:
            continue
        assert (
            response_head.parse(response_head.to_bytes(found)[:-4]).status == found.status
        )  # what is passed on is read alike


NO_HEADERS = [b"no colon", b"a b: c", b'"quoted: 0"', b"\xff: x", b": x"]
BLANKS = st.sampled_from(["", " ", "\t  "])
SAID = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(["etag", "x-robots-tag", "location", "content-type"]), SAID), st.data())
def test_a_head_says_the_same_however_it_is_written(said: dict[str, str], data: st.DataObject) -> None:
    """In capitals, with blanks, between lines that are no headers, its lines ended in any way."""
    lines: list[bytes] = []
    for name, value in said.items():
        lines += data.draw(st.lists(st.sampled_from(NO_HEADERS), max_size=2))
        written = data.draw(st.sampled_from([name, name.upper(), name.title()]))
        before, behind = data.draw(BLANKS), data.draw(BLANKS)
        lines.append(f"{written}{before}:{behind}{value} ".encode())
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    head = response_head.parse(end.join([data.draw(st.sampled_from([b"HTTP/1.1 200", b"http/1.0 200 x"])), *lines]))
    assert {name: head.get(name) for name in said} == said
    again = response_head.parse(response_head.to_bytes(head)[:-4])
    assert (again.status, again.length, again.chunked, again.lasts) == (200, None, False, False)
    assert {name: again.get(name) for name in said} == said


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(1, 200), min_size=1), st.data())
def test_chunks_are_put_together_however_they_are_cut(body: list[bytes], cuts: list[int], data: st.DataObject) -> None:
    extension = data.draw(st.sampled_from([b"", b";a=b", b" "]))
    wire = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in body)
    wire += b"0\r\n" + data.draw(st.sampled_from([b"", b"Trailer: x\r\n"])) + b"\r\n"
    chunks, found, at = Chunks(), b"", 0
    for turn in range(len(wire)):
        if at < len(wire):
            assert not chunks.done
            found += b"".join(chunks.feed(wire[at : at + cuts[turn % len(cuts)]]))
            at += cuts[turn % len(cuts)]
    assert chunks.done
    assert found == b"".join(body)


@pytest.mark.parametrize("wire", [b"x\r\n", b"\r\n", b"-1\r\n", b"0x1\r\n", b"1" * 5_000])
def test_what_are_no_chunks_is_refused(wire: bytes) -> None:
    with pytest.raises(ValueError):
        Chunks().feed(wire)


def plain(wire: bytes, cuts: list[int]) -> tuple[response_head.Head | None, bytes] | None:
    """Head and body of a reply that comes in pieces of those lengths, in turn; None where nobody can read it."""
    reply, found, at, turn = PlainReply(), b"", 0, 0
    try:
        while at < len(wire):
            found += reply.feed(wire[at : at + cuts[turn % len(cuts)]])
            at, turn = at + cuts[turn % len(cuts)], turn + 1
        return reply.head, b"".join(Chunks().feed(found)) if reply.chunks else found
    except ValueError:
        return None


REPLIES = st.sampled_from(
    [OK, OK + b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"odd\n"]
)
BODIES = st.one_of(st.binary(max_size=300), st.just(b"5\r\nabcde\r\n1;x\nf\r\n0\r\nTrailer: x\r\n\r\nmore"))


@given(REPLIES, BODIES, st.lists(st.integers(1, 40), min_size=1))
def test_a_reply_is_read_alike_however_it_is_cut(head: bytes, body: bytes, cuts: list[int]) -> None:
    wire = head + b"\r\n" + body
    whole = plain(wire, [len(wire)])
    assert plain(wire, cuts) == whole
    if b"chunked" not in head:
        assert whole == (response_head.parse(OK), body)


def exchanged(replies: Iterable[bytes], paths: list[str], pause: bool = False) -> tuple[list[object], int]:
    """What a client made of each path's reply, and the number of connections it took.

    Args:
        replies: of the server, one a request; where one ends with `CLOSE` it hangs up behind it.
        pause: whether the server sends byte by byte.
    """
    waiting, writers = iter(replies), list[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while not reader.at_eof():
            try:
                await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            reply = next(waiting)
            for piece in [reply[at : at + 1] for at in range(len(reply))] if pause else [reply]:
                writer.write(piece.removesuffix(CLOSE))
                await writer.drain()
            if reply.endswith(CLOSE):
                writer.close()
                return

    async def run() -> list[object]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found: list[object] = []
        async with Client("silverprint/0", 5.0, AddressPolicy([host])) as client:
            for path in paths:
                address = Gate(AddressPolicy([host]), NOTHING).passed(f"http://{host}{path}")
                try:
                    heard, body = await client.ask(address, {}, 1_000, lambda heard: heard.status == 200)
                    found.append((heard.status, body))
                except NoImage as why:
                    found.append(why.reason)
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        return found

    return asyncio.run(run()), len(writers)


CLOSE = b"\0CLOSE"
SIZED = OK + b"Content-Length: 3\r\n\r\nabc"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x\r\nf\r\n0\r\n\r\n"
PACKED = gzip.compress(b"unpacked")
GZIP = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + SIZED
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nsorr"
UNMODIFIED = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
BARE_LINES = b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc"


@pytest.mark.parametrize("pause", [False, True])
def test_one_connection_carries_replies_of_every_kind(pause: bool) -> None:
    replies = [SIZED, CHUNKED, GZIP, EARLY, GONE, UNMODIFIED, BARE_LINES]
    found, connections = exchanged(replies, ["/"] * len(replies), pause)
    assert found == [
        (200, b"abc"),
        (200, b"def"),
        (200, b"unpacked"),
        (200, b"abc"),
        (404, None),
        (304, None),
        (200, b"abc"),
    ]
    assert connections == 1


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    found, connections = exchanged([SIZED + CLOSE, OK + b"\r\nall" + CLOSE, SIZED], ["/a", "/b", "/c"])
    assert found == [(200, b"abc"), (200, b"all"), (200, b"abc")]
    assert connections == 3


def test_more_than_was_announced_is_not_taken_for_the_next_reply() -> None:
    found, connections = exchanged([SIZED + SIZED, SIZED], ["/a", "/b"])
    assert found == [(200, b"abc"), (200, b"abc")]
    assert connections == 2


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def served(serve: Serve) -> tuple[asyncio.Server, str]:
    """A server on loopback, and its host:port."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    return server, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def asked(client: Client, host: str, wanted: Callable[[Heard], bool] = lambda heard: True) -> bytes | None:
    address = Gate(AddressPolicy([host]), NOTHING).passed(f"http://{host}/")
    return (await client.ask(address, {}, 1_000, wanted))[1]


def test_a_host_that_hangs_up_is_asked_once_more_only() -> None:
    assert exchanged([CLOSE] * 9, ["/"]) == (["connection"], 2)


def test_a_reset_is_no_end_of_a_body() -> None:
    """Of a body without a length only the connection's end tells where it ends."""

    async def run() -> None:
        has_come = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"\r\nhalf")
            await has_come.wait()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        def hears(heard: Heard) -> bool:
            has_come.set()
            return True

        server, host = await served(serve)
        async with server, Client("silverprint/0", 5.0, AddressPolicy([host])) as client:
            with pytest.raises(NoImage, match="cut-off"):
                await asked(client, host, hears)

    asyncio.run(run())


def test_what_comes_without_a_request_is_not_taken_for_a_reply() -> None:
    async def run() -> None:
        has_reply, was_hung_up, connections = asyncio.Event(), asyncio.Event(), 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(SIZED.replace(b"abc", b"%03d" % connections))
            await has_reply.wait()
            if connections == 1:
                writer.write(SIZED)
            await reader.read()
            was_hung_up.set()

        server, host = await served(serve)
        async with server, Client("silverprint/0", 5.0, AddressPolicy([host])) as client, asyncio.timeout(5):
            assert await asked(client, host) == b"001"
            has_reply.set()
            await was_hung_up.wait()
            assert await asked(client, host) == b"002"

    asyncio.run(run())


def test_connections_that_have_been_closed_are_no_tries() -> None:
    """Two wait, and the server hangs up on whichever is used again: a third one is opened."""

    async def run() -> None:
        both, connections = asyncio.Event(), 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await reader.readuntil(b"\r\n\r\n")
            if connections == 2:
                both.set()
            await both.wait()
            writer.write(SIZED)
            await reader.read(1_000)

        server, host = await served(serve)
        async with server, Client("silverprint/0", 5.0, AddressPolicy([host])) as client, asyncio.timeout(5):
            assert await asyncio.gather(asked(client, host), asked(client, host)) == [b"abc"] * 2
            assert await asked(client, host) == b"abc"
            assert connections == 3

    asyncio.run(run())


@pytest.mark.parametrize(("kept", "connections"), [(1, 3), (2, 2)])
def test_few_connections_wait(kept: int, connections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hosts in turn: where one connection may wait, the first host's is closed for the second's."""
    monkeypatch.setattr(connector, "_KEPT", kept)

    async def run() -> int:
        opened = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal opened
            opened += 1
            while await reader.read(1_000):
                writer.write(SIZED)

        (one, first), (other, second) = await served(serve), await served(serve)
        async with one, other, Client("silverprint/0", 5.0, AddressPolicy([first, second])) as client:
            for host in (first, second, first):
                assert await asked(client, host) == b"abc"
        return opened

    assert asyncio.run(run()) == connections


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_where_it_would_be_connected_to(host: str) -> None:
    """Though nobody looked at it before."""
    url = f"http://{host}:1/"

    async def run() -> None:
        async with Client("silverprint/0", 5.0, AddressPolicy([])) as client:
            await client.ask(Address(url, url[:-1], host, URL(url)), {}, 1_000, lambda heard: True)

    with pytest.raises(NoImage, match="private-address"):
        asyncio.run(run())
