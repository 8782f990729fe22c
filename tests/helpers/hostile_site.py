"""What the web does to whoever fetches pictures, and what becomes of it: one list for every channel."""

import gzip
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from tests.helpers.tinysite import Reply, picture
from tests.helpers.web_pictures import encoded

MAX_BYTES = 100_000
STORED = ("stored", None)
PRIVATE = ("refused", "private-address")
TOO_LARGE = ("refused", "too-large")
BROKEN = ("failed", "broken-response")
NO_IMAGE = ("failed", "not-an-image")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SCRIPT = b"<script>alert(document.cookie)</script>"
GIF = encoded(30, "GIF", "P")


@dataclass(frozen=True)
class Case:
    """
    Attributes:
        outcome: of the row, and its reason.
        reply: at /img/NAME; None where the picture is elsewhere.
        url: of the picture, where it is not /img/NAME; HOST stands for the site's host and port.
        instead: the outcome in a list, where it reads an address otherwise.
    """

    outcome: tuple[str, str | None]
    reply: Reply | None = None
    url: str | None = None
    instead: tuple[str, str | None] | None = None


def moved(to: str) -> Reply:
    return Reply(status=302, headers={"Location": to})


def packed(data: bytes) -> Reply:
    return picture(gzip.compress(data), **{"Content-Encoding": "gzip"})


def coded(coding: str, data: bytes) -> Reply:
    return picture(data, **{"Content-Encoding": coding})


def head(seed: int, lines: bytes = b"", *, at: bytes, end: bytes = b"\r\n") -> Reply:
    """A picture with a head of which one thing is odd: the lines `at` its beginning, or some behind them."""
    body = encoded(seed)
    return raw(at, lines, b"Content-Length: %d%sConnection: close%s%s" % (len(body), end, end, end), body)


def raw(*pieces: bytes, pause_s: float = 0, times: int = 1) -> Reply:
    def write(wire: BinaryIO) -> None:
        for piece in (*pieces[:-1], *pieces[-1:] * times):
            wire.write(piece)
            wire.flush()
            time.sleep(pause_s)

    return Reply(raw=write)


def commented(text: bytes) -> bytes:
    """A JPEG with a comment behind SOI."""
    data = encoded(31)
    return data[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + data[2:]


CASES: dict[str, Case] = {
    "plain": Case(STORED, picture(encoded(20))),
    "packed": Case(STORED, packed(encoded(21))),
    "moved": Case(STORED, moved("/img/target")),
    "moved-to-an-odd-name": Case(STORED, moved("/odd/n%C3%A4he%20%FF.jpg")),
    "moved-to-latin-1": Case(STORED, raw(MOVED, b"Location: /odd/n\xe4he.jpg\r\n\r\n")),
    "moved-to-utf-8": Case(STORED, raw(MOVED, "Location: /odd/nähe.jpg\r\n\r\n".encode())),
    "odd-name": Case(STORED, url="/odd/ключ %ff%2F+ä.jpg?q=ü&x[]=1"),
    "backslashes": Case(STORED, url="http:\\\\HOST\\odd\\a.jpg"),
    "a-backslash-behind-the-host": Case(STORED, url="http://HOST\\odd/b.jpg"),
    "three-slashes": Case(STORED, url="http:///HOST/odd/c.jpg"),
    "at-behind-a-backslash": Case(("failed", "http-404"), url="http://HOST\\@example.org/odd/d.jpg"),
    "odd-headers": Case(STORED, raw(OK, b'ETag: "\xff\xfe"\r\nConnection: close\r\n\r\n', encoded(22))),
    # Heads that browsers forgive.
    "head-without-a-colon": Case(STORED, head(100, b"X-Powered-By Acme\r\n", at=OK)),
    "head-quoted": Case(STORED, head(101, b'"X-XSS-Protection: 0"\r\n', at=OK)),
    "head-space-in-a-name": Case(STORED, head(102, b"X-Echo set stash: 1\r\n", at=OK)),
    "head-space-before-a-colon": Case(STORED, head(103, b"Cache-Control : no-store\r\n", at=OK)),
    "head-identity": Case(STORED, head(104, b"Transfer-Encoding: identity\r\n", at=OK)),
    "head-folded": Case(STORED, head(105, b"X-Folded: a\r\n\tb\r\n  c\r\n", at=OK)),
    "head-folded-first": Case(STORED, head(106, b" x: a\r\n", at=b"HTTP/1.1 200 OK\r\n")),
    "head-bare-line-ends": Case(STORED, head(107, b"X: y\n", at=b"HTTP/1.1 200 OK\n", end=b"\n")),
    "head-without-a-phrase": Case(STORED, head(108, at=b"HTTP/1.1 200\r\n")),
    "head-without-a-phrase-but-a-space": Case(STORED, head(109, at=b"HTTP/1.1 200 \r\n")),
    "head-1.0-without-a-length": Case(STORED, raw(b"HTTP/1.0 200 OK\r\n\r\n", encoded(110))),
    "head-icy": Case(STORED, raw(b"HTTP/1.0 200\nContent-Type: image/jpeg\n\n", encoded(111))),
    "head-two-equal-lengths": Case(STORED, head(112, b"Content-Length: %d\r\n" % len(encoded(112)), at=OK)),
    "head-two-equal-lengths-in-one": Case(
        STORED, raw(OK, b"Content-Length: %d, %d\r\n\r\n" % ((len(encoded(113)),) * 2), encoded(113))
    ),
    "head-behind-empty-lines": Case(STORED, head(114, at=b"\r\n\r\n\n" + OK)),
    "head-latin-1": Case(STORED, head(115, b"X-Name: K\xfche\r\n", at=b"HTTP/1.1 200 D'accord \xe9\r\n")),
    "head-in-lower-case": Case(STORED, head(116, at=b"http/1.1 200 ok\r\n")),
    "head-after-words-beforehand": Case(
        STORED, head(117, at=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)
    ),
    "head-control": Case(STORED, head(118, b"Set-Cookie: a=\x01b\r\n", at=OK)),
    "head-nul": Case(STORED, head(119, b"X-Nul: a\0b\r\n", at=OK)),
    "head-lone-return": Case(STORED, head(120, b"X: a\rb\r\n", at=OK)),
    "head-of-many-lines": Case(STORED, head(121, b"X-Many: y\r\n" * 3_000, at=OK)),
    "head-of-a-long-line": Case(STORED, head(122, b"X-Long: " + b"y" * 40_000 + b"\r\n", at=OK)),
    "head-two-spaces": Case(STORED, head(123, at=b"HTTP/1.1  200  OK\r\n")),
    "head-1.2": Case(STORED, head(124, at=b"HTTP/1.2 200 OK\r\n")),
    "head-chunked-in-capitals": Case(
        STORED,
        raw(OK, b"TRANSFER-ENCODING: Chunked\r\n\r\n", b"%X;a=b\n%s\r\n0\n\n" % (len(encoded(125)), encoded(125))),
    ),
    "more-than-announced": Case(
        STORED, raw(OK, b"Content-Length: %d\r\n\r\n" % len(encoded(126)), encoded(126), b"more")
    ),
    "more-than-chunks": Case(
        STORED, raw(OK, CHUNKED, b"%x\r\n%s\r\n0\r\n\r\nmore" % (len(encoded(127)), encoded(127)))
    ),
    "raw-deflate": Case(STORED, coded("deflate", zlib.compress(encoded(128), wbits=-15))),
    "deflate": Case(STORED, coded("deflate", zlib.compress(encoded(129)))),
    "gzip-in-gzip": Case(STORED, coded("gzip, gzip", gzip.compress(gzip.compress(encoded(130))))),
    "coding-of-identity": Case(STORED, coded("identity", encoded(131))),
    "an-odd-type": Case(STORED, picture(encoded(132), **{"Content-Type": "text/html; charset=\xff\x01nonsense"})),
    "an-endless-tag": Case(STORED, head(133, b'ETag: "' + b"x" * 30_000 + b'"\r\n', at=OK)),
    "an-endless-date": Case(STORED, head(134, b"Last-Modified: " + b"9" * 9_000 + b"\r\n", at=OK)),
    # Heads that nobody can read.
    "status-of-30-digits": Case(BROKEN, head(0, at=b"HTTP/1.1 " + b"9" * 30 + b" X\r\n")),
    "status-of-2": Case(BROKEN, head(0, at=b"HTTP/1.1 20 X\r\n")),
    "status-below-zero": Case(BROKEN, head(0, at=b"HTTP/1.1 -200 X\r\n")),
    "status-in-words": Case(BROKEN, head(0, at=b"HTTP/1.1 OK\r\n")),
    "status-in-other-digits": Case(BROKEN, head(0, at="HTTP/1.1 ٢٠٠ OK\r\n".encode())),
    "status-999": Case(("failed", "http-999"), head(0, at=b"HTTP/1.1 999 X\r\n")),
    "two-lengths": Case(BROKEN, head(0, b"Content-Length: 7\r\n", at=OK)),
    "length-of-5000-digits": Case(BROKEN, raw(OK, b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n")),
    "length-below-zero": Case(BROKEN, raw(OK, b"Content-Length: -5\r\n\r\n")),
    "coding-of-the-transfer": Case(BROKEN, raw(OK, b"Transfer-Encoding: gzip, chunked\r\n\r\n")),
    "endless-head": Case(BROKEN, raw(OK, b"X: y\r\n" * 10_000, times=20)),
    "endless-line": Case(BROKEN, raw(OK, b"X: ", b"y" * 65_536, times=20)),
    "no-chunk": Case(BROKEN, raw(OK, b"Transfer-Encoding: chunked\r\n\r\n", b"xyz\r\n", encoded(8))),
    "cut-off-in-chunks": Case(("failed", "cut-off"), raw(OK, b"Transfer-Encoding: chunked\r\n\r\n", b"ff\r\nabc")),
    "cut-off-in-the-head": Case(("failed", "connection"), raw(OK[:-2])),
    "drip-of-a-head": Case(("failed", "timeout"), raw(OK, b"X: y\r\n", pause_s=0.1, times=40)),
    "cut-gzip": Case(BROKEN, coded("gzip", gzip.compress(encoded(8))[:-99])),
    "bomb-in-a-bomb": Case(TOO_LARGE, coded("gzip, gzip", gzip.compress(gzip.compress(bytes(50_000_000))))),
    "many-codings": Case(BROKEN, coded(", ".join(["gzip"] * 50), encoded(8))),
    "an-address-without-an-end": Case(("failed", "bad-url"), url="/img/" + "x" * 9_000),
    "moved-without-an-end": Case(("failed", "bad-url"), moved("/img/" + "x" * 9_000)),
    "moved-to-itself-by-a-fragment": Case(("failed", "redirect-loop"), moved("/img/moved-to-itself-by-a-fragment#x")),
    "http-404": Case(("failed", "http-404"), Reply(status=404)),
    "http-500-packed-too-large": Case(
        ("failed", "http-500"),
        Reply(gzip.compress(bytes(2 * MAX_BYTES)), status=500, headers={"Content-Encoding": "gzip"}),
    ),
    "http-404-packed-and-damaged": Case(
        ("failed", "http-404"), Reply(b"no gzip", status=404, headers={"Content-Encoding": "gzip"})
    ),
    "http-500": Case(("failed", "http-500"), Reply(status=500)),
    "slow": Case(("failed", "timeout"), Reply(encoded(8), wait_s=2.5)),
    "drip": Case(("failed", "timeout"), raw(OK, b"Content-Length: 9999\r\n\r\n", b"x", pause_s=0.1, times=40)),
    "endless": Case(TOO_LARGE, raw(OK, b"\r\n", bytes(65_536), times=200)),
    "endless-chunks": Case(
        TOO_LARGE, raw(OK, b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(65_536) + b"\r\n", times=200)
    ),
    "large": Case(TOO_LARGE, picture(encoded(12) + bytes(2 * MAX_BYTES))),
    "bomb": Case(TOO_LARGE, packed(bytes(20_000_000))),
    "damaged-gzip": Case(("failed", "broken-response"), picture(b"no gzip", **{"Content-Encoding": "gzip"})),
    "html": Case(NO_IMAGE, picture(b"<!doctype html><title>Sign in</title>" + SCRIPT)),
    "svg": Case(STORED, picture(b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>")),
    "script-in-a-comment": Case(STORED, picture(commented(SCRIPT))),
    "script-behind-the-end": Case(STORED, picture(encoded(32) + SCRIPT)),
    "archive-behind-a-gif": Case(STORED, picture(GIF + b"PK\x03\x04" + bytes(26))),
    "empty": Case(("failed", "empty"), picture(b"")),
    "truncated": Case(STORED, picture(encoded(9)[:-200])),
    "cut-off": Case(("failed", "cut-off"), Reply(encoded(10), claimed_length=99_999)),
    "hung-up": Case(("failed", "connection"), raw(b"")),
    "no-http": Case(("failed", "connection"), raw(b"SSH-2.0-OpenSSH_9.7\r\n\r\n")),
    "loop": Case(("failed", "redirect-loop"), moved("/img/loop")),
    "disallowed": Case(("refused", "robots"), url="/private/a.jpg"),
    "moved-to-disallowed": Case(("refused", "robots"), moved("/private/a.jpg")),
    "tagged": Case(("refused", "x-robots-tag"), picture(encoded(5), **{"X-Robots-Tag": "noai, noimageai"})),
    "tagged-for-others": Case(STORED, picture(encoded(6), **{"X-Robots-Tag": "otherbot: noindex, nofollow"})),
    "no-scheme-we-speak": Case(("refused", "scheme"), url="ftp://127.0.0.1/a.jpg"),
    "a-file": Case(("refused", "scheme"), url="file:///etc/passwd"),
    "written-out": Case(("refused", "scheme"), url="data:image/gif;base64,R0lGODlhAQABAAAAACw="),
    "moved-to-a-file": Case(("refused", "scheme"), moved("file:///etc/passwd")),
    "no-address": Case(("failed", "bad-url"), url="http://[bad/"),
    "moved-to-no-address": Case(("failed", "bad-url"), moved("http://[bad/")),
    "local": Case(PRIVATE, url="http://127.0.0.1:1/a.jpg"),
    "local-by-name": Case(PRIVATE, url="http://localhost:1/a.jpg"),
    "local-as-a-number": Case(PRIVATE, url="http://2130706433:1/a.jpg"),
    "local-v6": Case(PRIVATE, url="http://[::1]:1/a.jpg"),
    "local-in-v6": Case(PRIVATE, url="http://[::ffff:127.0.0.1]:1/a.jpg"),
    "link-local": Case(PRIVATE, url="http://169.254.169.254/latest/meta-data"),
    "site-local": Case(PRIVATE, url="http://[fec0::1]:1/a.jpg"),
    "compatible": Case(PRIVATE, url="http://[::127.0.0.1]:1/a.jpg"),
    "translated": Case(PRIVATE, url="http://[::ffff:0:127.0.0.1]:1/a.jpg"),
    "nat64": Case(PRIVATE, url="http://[64:ff9b::127.0.0.1]:1/a.jpg"),
    "nat64-local": Case(PRIVATE, url="http://[64:ff9b:1::7f00:1]:1/a.jpg"),
    "segments": Case(PRIVATE, url="http://[5f00::1]:1/a.jpg"),
    "documentation": Case(PRIVATE, url="http://[3fff::1]:1/a.jpg"),
    "protocol": Case(PRIVATE, url="http://192.0.0.1:1/a.jpg"),
    "a-clouds-services": Case(PRIVATE, url="http://168.63.129.16:1/a.jpg"),
    "local-in-hexadecimal": Case(PRIVATE, url="http://0x7f.1:1/a.jpg"),
    "local-in-octal": Case(PRIVATE, url="http://017700000001:1/a.jpg"),
    "local-in-circles": Case(PRIVATE, url="http://①②⑦.0.0.1:1/a.jpg"),
    "local-with-other-dots": Case(PRIVATE, url="http://127。0。0。1:1/a.jpg"),
    "local-with-a-zone": Case(PRIVATE, url="http://[fe80::1%25eth0]:1/a.jpg", instead=("failed", "bad-url")),
    "local-behind-backslashes": Case(PRIVATE, url="http:\\\\127.0.0.1:1\\a.jpg"),
    "local-behind-three-slashes": Case(PRIVATE, url="http:///127.0.0.1:1/a.jpg"),
    "local-before-a-backslash": Case(PRIVATE, url="http://127.0.0.1:1\\@example.org/a.jpg"),
    "local-with-a-dot": Case(PRIVATE, url="http://127.0.0.1.:1/a.jpg"),
    "moved-to-a-clouds-services": Case(PRIVATE, moved("http://168.63.129.16/a.jpg")),
    "any": Case(PRIVATE, url="http://0.0.0.0:1/a.jpg"),
    "moved-inwards": Case(PRIVATE, moved("http://10.0.0.1/a.jpg")),
    "moved-to-local": Case(PRIVATE, moved("http://127.0.0.1:1/a.jpg")),
}


def replies() -> dict[str, Reply | Callable[[str], Reply]]:
    served: dict[str, Reply | Callable[[str], Reply]] = {
        f"/img/{name}": case.reply for name, case in CASES.items() if case.reply is not None
    }
    number = iter(range(1_000, 2_000))
    served["/img/target"] = picture(encoded(23))
    served["/odd/"] = lambda path: picture(encoded(next(number)))
    served["/private/"] = picture(encoded(4))
    served["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n")
    return served


def address(site: str, name: str) -> str:
    """Where the case's picture is."""
    url = (CASES[name].url or f"/img/{name}").replace("HOST", site.partition("://")[2])
    return f"{site}{url}" if url.startswith("/") else url
