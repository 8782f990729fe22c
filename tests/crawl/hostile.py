"""What the web does to whoever fetches pictures, and what becomes of it: one list for every channel."""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from tests.crawl.pictures import encoded
from tests.crawl.tinysite import Reply, picture

MAX_BYTES = 100_000
STORED = ("stored", None)
PRIVATE = ("refused", "private-address")
TOO_LARGE = ("refused", "too-large")
NO_IMAGE = ("failed", "not-an-image")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
SCRIPT = b"<script>alert(document.cookie)</script>"
GIF = encoded(30, "GIF", "P")


@dataclass(frozen=True)
class Case:
    """
    Attributes:
        outcome: of the row, and its reason.
        reply: at /img/NAME; None where the picture is elsewhere.
        url: of the picture, where it is not /img/NAME.
    """

    outcome: tuple[str, str | None]
    reply: Reply | None = None
    url: str | None = None


def moved(to: str) -> Reply:
    return Reply(status=302, headers={"Location": to})


def packed(data: bytes) -> Reply:
    return picture(gzip.compress(data), **{"Content-Encoding": "gzip"})


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
    "odd-headers": Case(STORED, raw(OK, b'ETag: "\xff\xfe"\r\nConnection: close\r\n\r\n', encoded(22))),
    "http-404": Case(("failed", "http-404"), Reply(status=404)),
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
    "svg": Case(NO_IMAGE, picture(b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>")),
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
    url = CASES[name].url or f"/img/{name}"
    return f"{site}{url}" if url.startswith("/") else url
