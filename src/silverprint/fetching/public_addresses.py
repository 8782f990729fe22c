"""Public IP addresses, distinguished from private and reserved ones by ranges that are written down here.

So no version of Python or system decides.

After IANA's registries of special-purpose addresses (RFC 6890), IPv4 and IPv6, as of 2025-10:
https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry. Here stands what they do
not call globally reachable, and what is named below for a reason of its own. Larger blocks stand for those inside.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared, behind a provider's translator (RFC 6598); a cloud's metadata: 100.100.100.200
            "127.0.0.0/8",  # loopback (RFC 1122)
            "169.254.0.0/16",  # link-local (RFC 3927); clouds' metadata: 169.254.169.254, 169.254.170.2
            "172.16.0.0/12",  # private (RFC 1918)
            # IETF protocol assignments (RFC 6890); a cloud's metadata: 192.0.0.192. The registry calls two anycast
            # addresses in it reachable, 192.0.0.9 and 192.0.0.10: who answers there is the network's own translator.
            "192.0.0.0/24",
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # was 6to4's relay (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, 919)
            "168.63.129.16/32",  # not in a registry: Azure's own services, metadata and name server, for its machines
        ),
    )
)

# Only this is given out to networks (RFC 4291, 2.4, and IANA's table of it): loopback, unique-local, link-local,
# site-local, multicast, segment identifiers (5f00::/16) and the old ways to write an IPv4 address lie outside.
GLOBAL_V6: Final = IPv6Network("2000::/3")

V6: Final = tuple(  # ranges in GLOBAL_V6 that are not on the open internet all the same
    map(
        IPv6Network,
        (
            "2001::/32",  # Teredo (RFC 4380): a tunnel to an IPv4 address that the rest of it hides
            # What else 2001::/23 (IETF protocol assignments, RFC 2928) has, but for REACHABLE_V6. Its anycast addresses
            # 2001:1::1 to 3 the registry calls reachable; as 192.0.0.9, they are the network's own.
            "2001::/23",
            "2001:db8::/32",  # documentation (RFC 3849)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)

REACHABLE_V6: Final = tuple(  # parts of 2001::/23 that the registry calls globally reachable
    map(
        IPv6Network,
        (
            "2001:3::/32",  # multicast's tunnels (RFC 7450)
            "2001:4:112::/48",  # AS112 (RFC 7535)
            "2001:20::/28",  # ORCHIDv2 (RFC 7343)
            "2001:30::/28",  # drones' identifiers (RFC 9374)
        ),
    )
)

# Blocks whose addresses lead to the IPv4 address in them: it decides. The last number: how far that is from the right
# end, bits.
WRAPPING_V6: Final = tuple(
    (IPv6Network(block), shift)
    for block, shift in (
        ("::ffff:0:0/96", 0),  # mapped: the system speaks IPv4 (RFC 4291, 2.5.5.2)
        ("64:ff9b::/96", 0),  # a translator's (RFC 6052)
        ("2002::/16", 80),  # 6to4 (RFC 3056)
    )
)


_32_BITS: Final = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Whether an IP address (v4 or v6, no name; a zone behind `%` does not matter) lies on the open internet.

    An address that contains another one (mapped, 6to4, a translator's) counts as that one. What the ranges
    above do not have as assigned is not public; nor are the old compatible (`::a.b.c.d`) and translated
    (`::ffff:0:a.b.c.d`) forms.

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
