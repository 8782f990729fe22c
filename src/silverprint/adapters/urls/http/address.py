"""Guard of addresses: each is checked before its request, as listed, after each redirect, and for robots.txt."""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

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
    url: URL  # as aiohttp is given it: without user and password
    headers: Mapping[str, str]  # who asks, where the address says so


class Gate:
    """
    Args:
        reach: which addresses may be spoken to.
        takedowns: what may not be fetched.
    """

    def __init__(self, reach: AddressPolicy, takedowns: Takedowns) -> None:
        self._reach, self._takedowns = reach, takedowns
        self._check = lru_cache(_REMEMBERED)(self._check_origin)

    def passed(self, url: str) -> Address:
        """`url`, fit to be asked. Where its host is a name, the resolver looks at what that leads to.

        Raises:
            Refused: `taken-down`, `scheme`, `private-address`.
            Failed: `bad-url`.
        """
        try:
            target(url)
            wire, origin = sendable_url(url)
            if self._takedowns.forbid(url, wire):
                raise Refused("taken-down")
            bare, host, headers = self._check(origin)
            return Address(wire, origin, host, URL(bare + wire[len(origin) :], encoded=True), headers)
        except ValueError:
            raise Failed("bad-url") from None

    def _check_origin(self, origin: str) -> tuple[str, str, Mapping[str, str]]:
        asked = target(origin)
        if not self._reach.permits_host(asked):
            raise Refused("private-address")
        scheme, _, place = origin.partition("://")
        who, _, host_port = place.rpartition("@")
        said = b64encode(unquote(who).encode()).decode()
        return f"{scheme}://{host_port}", asked.host, {"Authorization": f"Basic {said}"} if who else {}


def sendable_url(url: str) -> tuple[str, str]:
    """`url` as it goes over the wire, and its origin.

    Raises:
        ValueError: it is no address.
    """
    wire = resolve_url(url)
    parts = urlsplit(wire)
    return wire, f"{parts.scheme}://{parts.netloc}"
