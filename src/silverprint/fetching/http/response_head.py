"""Head of an HTTP/1 response (RFC 9112): status and headers, and how the body that follows ends.

Both channels that go out read it here, so that they agree, and forgive what browsers forgive: lines without a colon and
names that are none are passed over, as is a transfer encoding of `identity`.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

MOST: Final = 65_536  # bytes of a head
_LEADING: Final = re.compile(rb"[\r\n]*")
_END: Final = re.compile(rb"\n\r?\n")
_VERSION: Final = re.compile(rb"HTTP/([0-9])\.([0-9])(?![0-9])", re.IGNORECASE)
_STATUS: Final = re.compile(rb"[ \t]+([1-9][0-9]{2})(?![0-9])")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BODILESS: Final = frozenset({204, 304})
_OF_THE_CONNECTION: Final = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


class NoHttp(ValueError):  # noqa: N818
    """The reply does not begin as HTTP/1 does."""


class BrokenHead(ValueError):  # noqa: N818
    """The reply is HTTP/1, but has no status, or says nothing or two things about its body's end."""


class Head(NamedTuple):
    """
    Attributes:
        status: 100 to 999.
        headers: lower-case name -> its values, in their order; odd bytes as lone surrogates.
        length: of the body, bytes; None where chunks or the connection's end tell.
        chunked: whether the body comes in chunks.
        lasts: whether the connection may be used again.
    """

    status: int
    headers: Mapping[str, tuple[str, ...]]
    length: int | None
    chunked: bool
    lasts: bool

    def get(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return self.headers.get(name, (None,))[0]


def span(received: bytes | bytearray, looked_at: int = 0, end: int | None = None) -> tuple[int, int, int] | None:
    """Where a head lies in what was received: its start, behind empty lines, its end, and where its body starts; None
    while it has not come whole.

    Args:
        looked_at: bytes in which it was not found to end before.
        end: of what was received, bytes.

    Raises:
        Broken: it does not end within MOST.
    """
    end = len(received) if end is None else end
    start = _end(_LEADING.match(received, 0, end))
    found = _END.search(received, max(start, looked_at - 2), end)
    if found is not None and found.end() <= MOST:
        return start, found.start(), found.end()
    if found is not None or end >= MOST:
        raise BrokenHead("a head without an end")
    return None


def parse(head: bytes) -> Head:
    """What a head says, without the empty line at its end; lines may end without a carriage return.

    Raises:
        NoHttp, Broken: it is none.
    """
    first, *lines = head.split(b"\n")
    version = _VERSION.match(first)
    if version is None:
        raise NoHttp("no HTTP/1")
    status_said = _STATUS.match(first, version.end())
    if status_said is None:
        raise BrokenHead("no status of three digits")
    headers, status = _headers(lines), int(status_said[1])
    options = _words(headers, "connection")
    lasts = "close" not in options if (version[1], version[2]) >= (b"1", b"1") else "keep-alive" in options
    if status in _BODILESS or status < 200:
        return Head(status, headers, 0, False, lasts)
    codings = _words(headers, "transfer-encoding") - {"identity"}
    if codings:
        if codings != {"chunked"}:
            raise BrokenHead("a coding of the transfer that we do not know")
        return Head(status, headers, None, True, lasts and "content-length" not in headers)
    lengths = _words(headers, "content-length")
    if not lengths:
        return Head(status, headers, None, False, False)
    length = lengths.pop()
    if lengths or not length.isascii() or not length.isdecimal() or len(length) > 18:
        raise BrokenHead("no length, or two")
    return Head(status, headers, int(length), False, lasts)


def to_bytes(head: Head) -> bytes:
    """The same head as any client understands it, with the empty line at its end."""
    lines = [f"HTTP/1.1 {head.status} "]
    lines += [
        f"{name}: {value}" for name, said in head.headers.items() if name not in _OF_THE_CONNECTION for value in said
    ]
    if head.chunked:
        lines.append("Transfer-Encoding: chunked")
    elif head.length is not None:
        lines.append(f"Content-Length: {head.length}")
    if not head.lasts:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "\r\n"]).encode("utf-8", "surrogateescape")


def _headers(lines: list[bytes]) -> dict[str, tuple[str, ...]]:
    said: dict[str, list[list[str]]] = {}  # name -> its values, each with the lines that go on with it
    name = ""
    for line in lines:
        line = line.removesuffix(b"\r").replace(b"\0", b"").replace(b"\r", b" ")
        if line[:1] in (b" ", b"\t"):  # obsolete continuation of the header before (5.2)
            if name:
                said[name][-1].append(_text(line))
            continue
        key, colon, value = line.partition(b":")
        key = key.rstrip(b" \t")
        name = key.decode("ascii").lower() if colon and _NAME.fullmatch(key) else ""
        if name:
            said.setdefault(name, []).append([_text(value)])
    return {name: tuple(" ".join(parts).strip() for parts in values) for name, values in said.items()}


def _words(headers: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    """The different words of a header that has a list of them, in lower case."""
    return {word.strip() for value in headers.get(name, ()) for word in value.lower().split(",")} - {""}


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")


def _end(found: "re.Match[bytes] | None") -> int:
    return 0 if found is None else found.end()
