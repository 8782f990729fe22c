"""The head of an HTTP/1 response (RFC 9112): a status and headers, and how the body that follows ends."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

END: Final = re.compile(rb"\n\r?\n")  # of a head
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: .*)?")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ODD: Final = re.compile(rb"[\0\r]")
_BODILESS: Final = frozenset({204, 304})


class Head(NamedTuple):
    """
    Attributes:
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


def parse(head: bytes) -> Head:
    """What a head says, without the empty line at its end; lines may end without a carriage return.

    Raises:
        ValueError: it is no head of HTTP/1, or tells two ends of its body.
    """
    first, *lines = head.split(b"\n")
    status_line = _STATUS.fullmatch(first.removesuffix(b"\r"))
    if status_line is None:
        raise ValueError("no HTTP/1")
    headers = _headers(lines)
    status = int(status_line[2])
    codings = [word.strip() for value in headers.get("transfer-encoding", ()) for word in value.lower().split(",")]
    options = {word.strip() for value in headers.get("connection", ()) for word in value.lower().split(",")}
    lasts = "close" not in options if status_line[1] == b"1" else "keep-alive" in options
    if status in _BODILESS or status < 200:
        return Head(status, headers, 0, False, lasts)
    if codings:
        if codings != ["chunked"]:
            raise ValueError("a coding of the transfer that we do not know")
        return Head(status, headers, None, True, lasts and "content-length" not in headers)
    lengths = {word.strip() for value in headers.get("content-length", ()) for word in value.split(",")}
    if not lengths:
        return Head(status, headers, None, False, False)
    (length,) = lengths  # two different ones are a ValueError
    if not length.isascii() or not length.isdecimal():
        raise ValueError("no length")
    return Head(status, headers, int(length), False, lasts)


def _headers(lines: list[bytes]) -> dict[str, tuple[str, ...]]:
    headers: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in lines:
        line = line.removesuffix(b"\r")
        if _ODD.search(line):
            raise ValueError("a control character")
        if name and line[:1] in (b" ", b"\t"):  # an old way to go on with the header before (5.2)
            *others, last = headers[name]
            headers[name] = (*others, f"{last} {_text(line)}".strip())
            continue
        key, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(key):
            raise ValueError("no header")
        name = key.decode("ascii").lower()
        headers[name] = (*headers.get(name, ()), _text(value))
    return headers


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")
