"""Guard against private addresses: only public ones may be fetched, unless one is allowed by name."""

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from silverprint.fetch_result import LONGEST_ADDRESS
from silverprint.fetching.public_addresses import is_public
from silverprint.fetching.refusals import Failed, Refused

_PORTS: Final = {"http": 80, "https": 443}


class Target(NamedTuple):
    host: str  # a name, or an address without brackets; lower case
    port: int


def target(url: str) -> Target:
    """Whom `url` speaks to.

    Raises:
        Refused: `scheme`, for anything but http and https.
        Failed: `credentials`: it names a user or a password, which an index, versioned and shared, must not hold.
        ValueError: it is no address, or longer than a row holds.
    """
    if len(url) > LONGEST_ADDRESS:
        raise ValueError("too long")
    parts = urlsplit(url)
    if not parts.scheme:
        raise ValueError("no scheme")
    if parts.scheme not in _PORTS:
        raise Refused("scheme")
    if not parts.hostname:
        raise ValueError("no host")
    if parts.username or parts.password:
        raise Failed("credentials")
    return Target(parts.hostname, _PORTS[parts.scheme] if parts.port is None else parts.port)


def literal(host: str) -> str | None:
    """The IP address that `host` spells, if it is no name; old spellings (127.1, 0x7f000001, 127.0.0.1.) count, too."""
    host = host.removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdigit() else None
    except OSError:
        return None


class AddressPolicy:
    """Which addresses may be spoken to.

    Args:
        allowed: host:port, each a private place that may be fetched from all the same.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)

    def permits(self, target: Target, address: str) -> bool:
        """Whether `target` may be asked at the IP address that its name led to."""
        return self.allows(target) or is_public(address)

    def permits_host(self, target: Target) -> bool:
        """Whether `target` may be asked as far as its host tells; where a name leads must be looked at, too."""
        spelled = literal(target.host)
        return spelled is None or self.permits(target, spelled)

    def allows(self, target: Target) -> bool:
        """Whether it is allowed by name, wherever it is."""
        return f"{target.host}:{target.port}" in self._allowed
