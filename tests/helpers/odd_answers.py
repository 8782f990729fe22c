"""A server that answers each address with something else that none should: heads, bodies, lengths, codings, chunks,
early ends and slow drips, put together by chance from a seed."""

import gzip
import random
import zlib
from collections.abc import Callable

from tests.helpers.web_pictures import encoded

BODIES = [encoded(seed) for seed in range(12)] + [encoded(13, "PNG"), encoded(14, "WEBP"), encoded(15, "GIF", "P")]
NOISE = b"\0\x01\r\n \t:;,=/\"'%\x7f\x80\xff{}<>-+.0123456789abcdefABCDEF"
STATUSES = b"200 204 206 304 301 404 410 500 999 100 101 000 2000 -1 2e2 99999999999999999999999999999 OK 200OK".split()
NAMES = (
    b"Content-Type Content-Length Content-Encoding Transfer-Encoding ETag Last-Modified Location X-Robots-Tag "
    b"Retry-After Connection Set-Cookie Date Vary Content-Range Link Refresh"
).split()
VALUES = [
    b"", b"0", b"5", b"-1", b"9" * 30, b"chunked", b"identity", b"gzip", b"deflate", b"br", b"gzip, gzip, gzip",
       b"keep-alive", b"none", b"noindex, otherbot: none", b"image/jpeg", b"text/html; charset=utf-16", b"/img/1", b"http://[",
    b"//", b"\xff\xfe", b"x" * 9_000, b"a\0b", b"Thu, 99 Foo 99999 99:99:99 GMT", b'W/"\xe4"', b"bytes */*", b"1, 2",
    b",", b"close",
]  # fmt: skip
BOMB = zlib.compress(bytes(5_000_000))


def answer(number: int) -> tuple[list[bytes], float]:
    """The pieces of the answer with that number, and the seconds between two of them."""
    chance = random.Random(number)
    body, lines = _body(chance), _lines(chance)
    version = chance.choice([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"http/1.1", b"HTTP/9.9", b"ICY", b""])
    status = chance.choice([b"200", b"200", *STATUSES])
    end = chance.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])
    head = end.join([b" ".join([version, status, b"OK"]), *lines, b"", b""])
    wire = chance.choice([b"", b"", b"", b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]) + head + body
    for mangle in chance.choices([_same, _cut, _noised, _doubled], [6, 1, 1, 0.3]):
        wire = mangle(chance, wire)
    if chance.random() < 0.01:
        return [wire[at : at + 7] for at in range(0, min(len(wire), 210), 7)], 0.05
    middle = chance.randrange(len(wire) + 1)
    return [wire[:middle], wire[middle:]], 0


def _lines(chance: random.Random) -> list[bytes]:
    lines = [b": ".join([chance.choice(NAMES), chance.choice(VALUES)]) for _ in range(chance.randrange(5))]
    lines += [bytes(chance.choices(NOISE, k=chance.randrange(60))) for _ in range(chance.randrange(2))]
    chance.shuffle(lines)
    return lines


def _body(chance: random.Random) -> bytes:
    body = chance.choice(BODIES)
    packing: Callable[[bytes], bytes] = chance.choice(
        [bytes, bytes, gzip.compress, zlib.compress, lambda _: BOMB, _chunked]
    )
    return packing(body)


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def _same(chance: random.Random, wire: bytes) -> bytes:
    return wire


def _cut(chance: random.Random, wire: bytes) -> bytes:
    return wire[: chance.randrange(len(wire) + 1)]


def _noised(chance: random.Random, wire: bytes) -> bytes:
    found = bytearray(wire)
    for _ in range(chance.randrange(1, 9)):
        found[chance.randrange(min(len(found), 300))] = chance.choice(NOISE)
    return bytes(found)


def _doubled(chance: random.Random, wire: bytes) -> bytes:
    return wire + wire
