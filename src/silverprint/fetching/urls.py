"""Addresses as browsers read them: the WHATWG URL standard (https://url.spec.whatwg.org), by Ada."""

import codecs
import re
from contextlib import suppress
from dataclasses import replace
from typing import Final

import ada_url

from silverprint.core.cleaning.takedowns import Takedowns

LONGEST: Final = 8_192  # characters of an address; browsers and servers take no more in practice
_UNPRINTED: Final = re.compile("[\t\n\r]")  # characters that the standard removes wherever they are
_ENDS: Final = "".join(map(chr, range(33)))  # C0 controls and the space
_ESCAPED: Final = re.compile(rb"[\x00-\x20\x7f-\xff\"#<>']")  # characters that are escaped in a query ("special-query")


def resolve_url(address: str, base: str | None = None, encoding: str = "utf-8") -> str:
    """`address` in full, in ASCII, as it is asked for: no fragment, no dot segments, the host as name servers have it.

    Args:
        base: address of what it was found in, for a relative one.
        encoding: of the page; a query that is not in ASCII is written in it, all else in UTF-8.

    Raises:
        ValueError: it is no address, or longer than LONGEST.
    """
    if len(address) > LONGEST:
        raise ValueError("too long")
    address = _UNPRINTED.sub("", address).strip(_ENDS).partition("#")[0]
    if not address.isascii():
        address = _query_encoded(address, encoding)
    found = ada_url.normalize_url(address) if base is None else ada_url.join_url(base, address)
    if len(found) > LONGEST:
        raise ValueError("too long")
    return found.partition("#")[0]  # the base's


def with_resolved_addresses(takedowns: Takedowns) -> Takedowns:
    """The rules with their addresses as they stand there and as `resolve_url` writes them: either is meant."""
    found = set(takedowns.urls)
    for url in takedowns.urls:
        with suppress(ValueError):
            found.add(resolve_url(url))
    return replace(takedowns, urls=frozenset(found))


def _query_encoded(address: str, encoding: str) -> str:
    """With its query in the bytes of `encoding`; what that cannot write becomes a numeric reference, as in browsers."""
    before, mark, query = address.partition("?")
    if not mark or query.isascii():
        return address
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        return address
    if codec.name.startswith(("utf", "undefined")):
        return address
    data = query.encode(codec.name, _BY_NUMBER)
    return before + mark + _ESCAPED.sub(lambda odd: b"%%%02X" % odd[0][0], data).decode("ascii")


def _by_number(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(f"%26%23{ord(odd)}%3B" for odd in error.object[error.start : error.end]), error.end


_BY_NUMBER: Final = "silverprint.query"
codecs.register_error(_BY_NUMBER, _by_number)
