"""HTTP as the list's client speaks it: heads, chunks, and whole exchanges over real sockets."""

import asyncio
import gzip
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.urls.http.address import Gate
from silverprint.adapters.urls.http.client import Client
from silverprint.core.cleaning.takedowns import NOTHING
from silverprint.fetching.address_guard import AddressPolicy
from silverprint.fetching.http import response_head
from silverprint.fetching.http.chunked import Chunks
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
