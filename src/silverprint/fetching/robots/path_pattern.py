"""Path patterns of robots.txt with their wildcards (RFC 9309, 2.2.2 and 2.2.3)."""

import re
from typing import Final
from urllib.parse import quote

_RESERVED: Final = "/?:@!$&'()*+,;=[]"  # unescaped characters: escaped (%2F) they mean something else (RFC 3986, 2.2)
_PLAIN: Final = re.compile(rf"[A-Za-z0-9._~{re.escape(_RESERVED)}-]*")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_OCTET: Final = re.compile(r"%([0-9A-Fa-f]{2})?")
# In a query they mean the same, escaped or not (second row of the table in 2.2.2).
_SAME_IN_QUERY: Final = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "/?:@!'(),;[]"})
_ORIGIN: Final = re.compile(r"[^/?#]*//[^/?#]*")


class Place:
    """What is asked for at a host.

    Attributes:
        path: with its query.
        path_alike: the same, those signs of the query written out that mean the same either way.
    """

    __slots__ = ("path", "path_alike")

    def __init__(self, url: str) -> None:
        rest = _ORIGIN.sub("", url, count=1).partition("#")[0]
        path = _spelt(rest if rest.startswith("/") else f"/{rest}")
        self.path = path.replace("*", "%2A").replace("$", "%24")
        self.path_alike = _alike(self.path)


class Pattern:
    """
    Args:
        written: in the file; `*` are any signs, and `$` at its end is the path's end. One that does not begin at the
            root is taken as if it did.

    Attributes:
        octets: how long it is: of two that match, the longer one counts.
    """

    __slots__ = ("_ends", "_pieces", "_pieces_alike", "octets")

    def __init__(self, written: str) -> None:
        text = _spelt(written if written.startswith(("/", "*")) else f"/{written}")
        self.octets = len(text)
        self._ends = text.endswith("$")
        text = text.removesuffix("$").replace("$", "%24")
        self._pieces = text.split("*")
        self._pieces_alike = _alike(text).split("*") if "?" in text else None

    def matches(self, place: Place) -> bool:
        """Whether the path of `place` begins with it, or is it where it ends with `$`.

        It takes as long as the path and the pattern are long, whatever stands in them: no regular expression.
        """
        if self._match(self._pieces, place.path):
            return True
        return self._pieces_alike is not None and self._match(self._pieces_alike, place.path_alike)

    def _match(self, pieces: list[str], path: str) -> bool:
        first, *others = pieces
        if not path.startswith(first):
            return False
        if not others:
            return not self._ends or len(path) == len(first)
        at = len(first)
        last = others.pop() if self._ends else ""
        for piece in others:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        return not self._ends or (len(path) - len(last) >= at and path.endswith(last))


def _spelt(text: str) -> str:
    """In one spelling: octets that must be are written out, those that need not are not, with digits in capitals."""
    if _PLAIN.fullmatch(text):
        return text
    octets = quote(text.encode("utf-8", "surrogateescape"), safe=f"{_RESERVED}%")
    return _OCTET.sub(_octet, octets)


def _octet(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"
    sign = chr(int(found[1], 16))
    return sign if sign in _UNRESERVED else found[0].upper()


def _alike(text: str) -> str:
    path, mark, query = text.partition("?")
    return path + mark + query.translate(_SAME_IN_QUERY)
