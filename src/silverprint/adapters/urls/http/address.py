"""Guard of addresses: each is checked before its request, as listed, after each redirect, and for robots.txt."""

from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from yarl import URL

from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.address_guard import AddressPolicy, target
from silverprint.fetching.refusals import Failed, Refused
from silverprint.fetching.urls import resolve_url

_REMEMBERED: Final = 4_096  # origins


class Address(NamedTuple):
    wire: str  # in ASCII, as browsers write what is not
    origin: str  # scheme://host:port
    host: str
    url: URL  # the same as `wire`, as aiohttp is given it


class Gate:
    """
    Args:
        reach: which addresses may be spoken to.
        takedowns: what may not be fetched.
    """

    def __init__(self, reach: AddressPolicy, takedowns: Takedowns) -> None:
        self._reach, self._takedowns = reach, takedowns
        self._host = lru_cache(_REMEMBERED)(self._permitted_host)

    def passed(self, url: str) -> Address:
        """`url`, fit to be asked. Where its host is a name, the resolver looks at what that leads to.

        Raises:
            Refused: `taken-down`, `scheme`, `private-address`: by the address as it is sent.
            Failed: `bad-url`, `credentials`.
        """
        try:
            wire, origin = sendable_url(url)
            target(wire)
            if self._takedowns.forbid(url, wire):
                raise Refused("taken-down")
            return Address(wire, origin, self._host(origin), URL(wire, encoded=True))
        except ValueError:
            raise Failed("bad-url") from None

    def _permitted_host(self, origin: str) -> str:
        asked = target(origin)
        if not self._reach.permits_host(asked):
            raise Refused("private-address")
        return asked.host


def sendable_url(url: str) -> tuple[str, str]:
    """`url` as it goes over the wire, and its origin.

    Raises:
        ValueError: it is no address.
    """
    wire = resolve_url(url)
    parts = urlsplit(wire)
    return wire, f"{parts.scheme}://{parts.netloc}"
