"""Guard of addresses: each is checked before its request, as listed, after each redirect, and for robots.txt."""

from base64 import b64encode
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from silverprint.adapters.urls.http.pool import Peer
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.address_guard import AddressPolicy, literal, target
from silverprint.fetching.refusals import Failed, Refused
from silverprint.fetching.urls import resolve_url

_REMEMBERED: Final = 4_096  # origins


class Address(NamedTuple):
    wire: str  # in ASCII, as browsers write what is not
    origin: str  # scheme://host:port
    target: str  # what is asked for there
    peer: Peer
    headers: str  # those that name the host, and who asks where the address says so; each line with its end


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
            return Address(wire, origin, wire[len(origin) :], *self._check(origin))
        except ValueError:
            raise Failed("bad-url") from None

    def _check_origin(self, origin: str) -> tuple[Peer, str]:
        asked = target(origin)
        spelled = literal(asked.host)
        if spelled is not None and not self._reach.permits(asked, spelled):
            raise Refused("private-address")
        scheme, _, place = origin.partition("://")
        who, _, host = place.rpartition("@")
        said = b64encode(unquote(who).encode()).decode()
        headers = f"Host: {host}\r\n" + (f"Authorization: Basic {said}\r\n" if who else "")
        return Peer(scheme == "https", *asked), headers


def sendable_url(url: str) -> tuple[str, str]:
    """`url` as it goes over the wire, and its origin.

    Raises:
        ValueError: it is no address.
    """
    wire = resolve_url(url)
    parts = urlsplit(wire)
    return wire, f"{parts.scheme}://{parts.netloc}"
