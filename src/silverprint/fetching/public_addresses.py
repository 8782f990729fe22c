"""Public IP addresses, distinguished from private and reserved ones."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from silverprint.fetching.special_ranges import GLOBAL_V6, REACHABLE_V6, V4, V6, WRAPPING_V6

_32_BITS: Final = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Whether an IP address (v4 or v6, no name; a zone behind `%` does not matter) lies on the open internet.

    An address that contains another one (mapped, 6to4, a translator's) counts as that one. What `special_ranges` does
    not list as assigned is not public;
    nor are the old compatible (`::a.b.c.d`) and translated (`::ffff:0:a.b.c.d`) forms.

    Raises:
        ValueError: it is no IP address.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = _inside(ip)
        if inner is None:
            return _is_public_v6(ip)
        ip = inner
    return not any(ip in block for block in V4)


def _inside(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that it leads to, if it is one that leads to another."""
    return next((IPv4Address(int(ip) >> shift & _32_BITS) for block, shift in WRAPPING_V6 if ip in block), None)


def _is_public_v6(ip: IPv6Address) -> bool:
    if ip not in GLOBAL_V6:
        return False
    return any(ip in block for block in REACHABLE_V6) or not any(ip in block for block in V6)
