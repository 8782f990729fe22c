"""Keeps whoever fetches out of the network that it runs in: only public addresses, unless one is allowed by name."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from silverprint.fetching.reasons import Refused

_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


class Target(NamedTuple):
    host: str  # a name, or an address without brackets; lower case
    port: int


def target(url: str) -> Target:
    """Whom `url` speaks to.

    Raises:
        Refused: `scheme`, for anything but http and https.
        ValueError: it is no address.
    """
    parts = urlsplit(url)
    if not parts.scheme:
        raise ValueError("no scheme")
    if parts.scheme not in _PORTS:
        raise Refused("scheme")
    if not parts.hostname:
        raise ValueError("no host")
    return Target(parts.hostname, _PORTS[parts.scheme] if parts.port is None else parts.port)


def literal(host: str) -> str | None:
    """The IP address that `host` spells, if it is no name; the old spellings (127.1, 0x7f000001) count, too."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdigit() else None
    except OSError:
        return None


def is_public(address: str) -> bool:
    """Whether an IP address (v4 or v6, no name) lies on the open internet; one that wraps another counts as that."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


class Reach:
    """Which addresses may be spoken to.

    Args:
        allowed: host:port, each a private place that may be fetched from all the same.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)

    def permits(self, target: Target, address: str) -> bool:
        """Whether `target` may be asked at the IP address that its name led to."""
        return self.allows(target) or is_public(address)

    def allows(self, target: Target) -> bool:
        """Whether it is allowed by name, wherever it is."""
        return f"{target.host}:{target.port}" in self._allowed
