"""The guard of private addresses, against IANA's registries (beside this file) and whoever would get past it."""

import csv
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.fetching.address_guard import AddressPolicy, Target, literal
from silverprint.fetching.public_addresses import is_public

REGISTRIES = Path(__file__).parent / "registries"
Network = IPv4Network | IPv6Network


def registered() -> list[tuple[Network, str]]:
    """Every row of both registries, with what it says of being globally reachable."""
    rows: list[tuple[Network, str]] = []
    for name in ("ipv4.csv", "ipv6.csv"):
        with (REGISTRIES / name).open(newline="", encoding="utf-8") as handle:
            rows += [(ip_network(row["block"]), row["globally_reachable"]) for row in csv.DictReader(handle)]
    return rows


ROWS: Final = registered()

# Where the guard is stricter than the registries, or decides by what is inside: with the reason.
OTHERWISE: Final = {
    "192.0.0.9/32": False,  # the network's own translator answers there
    "192.0.0.10/32": False,
    "2001:1::1/128": False,
    "2001:1::2/128": False,
    "2001:1::3/128": False,
    "192.88.99.0/24": False,  # N/A: given back
    "2001::/32": False,  # N/A: tunnels to what they hide
    "2001:10::/28": False,  # N/A: given back
}
WRAPPING: Final = ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")  # the IPv4 address inside decides


def said(address: IPv4Address | IPv6Address) -> str:
    """What the smallest registered block around an address says of it."""
    around = [(block, reachable) for block, reachable in ROWS if address in block]
    block, reachable = max(around, key=lambda row: row[0].prefixlen)
    return str(OTHERWISE.get(str(block), reachable))


@pytest.mark.parametrize("block", [block for block, _ in ROWS if str(block) not in WRAPPING], ids=str)
def test_each_registered_block_is_what_its_registry_says(block: Network) -> None:
    for number in (0, block.num_addresses // 2, block.num_addresses - 1):
        address = block[number]
        assert str(is_public(str(address))) == said(address), address


@pytest.mark.parametrize("block", [str(block) for block, _ in ROWS if block.version == 4])
def test_what_wraps_an_address_is_what_it_wraps(block: str) -> None:
    for inner in (ip_network(block)[0], ip_network(block)[-1], IPv4Address("8.8.8.8")):
        assert isinstance(inner, IPv4Address)
        for wrapped in wrappings(inner):
            assert is_public(str(wrapped)) == is_public(str(inner)), wrapped


def wrappings(inner: IPv4Address) -> list[IPv6Address]:
    number = int(inner)
    return [
        IPv6Address(int(IPv6Address("::ffff:0:0")) | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(int(IPv6Address("2002::")) | number << 80 | 0x1234),
    ]


@pytest.mark.slow
@given(st.ip_addresses(v=4))
def test_forms_that_no_network_carries_any_more_are_private(inner: IPv4Address) -> None:
    """Compatible, translated, with a translator's local prefix, Teredo (server, or client with its bits turned)."""
    number = int(inner)
    for block in ("::", "::ffff:0:0:0", "64:ff9b:1::"):
        assert not is_public(str(IPv6Address(int(IPv6Address(block)) | number)))
    for teredo in (number << 64, (number ^ 0xFFFF_FFFF)):
        assert not is_public(str(IPv6Address(int(IPv6Address("2001::")) | teredo)))


@pytest.mark.slow
@given(st.sampled_from([block for block, _ in ROWS if str(block) not in WRAPPING]), st.data())
def test_nothing_in_a_private_block_gets_past(block: Network, data: st.DataObject) -> None:
    address = block[data.draw(st.integers(0, block.num_addresses - 1))]
    assert is_public(str(address)) is (said(address) == "True")


@given(st.ip_addresses(v=6))
def test_only_what_was_given_out_is_public(address: IPv6Address) -> None:
    if is_public(str(address)):
        assert any(address in ip_network(block) for block in ("2000::/3", "::ffff:0:0/96", "64:ff9b::/96"))


@given(st.ip_addresses())
def test_what_python_calls_private_is_so_here(address: IPv4Address | IPv6Address) -> None:
    """But for what leads elsewhere, and for 2001::/23, of which older Pythons know no exceptions."""
    wraps = isinstance(address, IPv6Address) and any(address in ip_network(block) for block in WRAPPING)
    younger = isinstance(address, IPv6Address) and address in ip_network("2001::/23")
    if not address.is_global and not wraps and not younger:
        assert not is_public(str(address))


# What was let through once, and the services that clouds give to their machines.
PRIVATE = [
    "fec0::1", "fec0:0:0:ffff::1", "feff::1", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1",
    "::ffff:0:10.0.0.1", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::a00:1", "5f00::1", "5f00:ffff::1", "3fff::1",
    "3fff:fff::1", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.0.255", "168.63.129.16", "169.254.169.254",
    "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "224.0.0.1",
    "239.255.255.250", "ff02::1", "ff0e::1", "4000::1", "8000::1", "fe80::1", "fe80::1%eth0", "::1%lo",
    "fdff:ffff::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1", "100:0:0:1::1", "0.0.0.1", "::",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "168.63.129.15", "168.63.129.17", "192.0.1.1", "2001:4860:4860::8888", "2a00:1450::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2003::1", "3ffe::1", "3fff:1000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_it_is_private(address: str) -> None:
    assert not is_public(address)
    assert not AddressPolicy([]).permits(Target(address, 80), address)


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address: str) -> None:
    assert is_public(address)


# What Python 3.11.10 and later call global: all that it calls private is so here, too.
STRICTER = [
    "168.63.129.16", "192.88.99.1", "192.0.0.9", "192.0.0.10", "2001:1::1", "2001:1::2", "2001:1::3", "5f00::1",
    "fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "4000::1", "224.0.0.1", "ff0e::1",
]  # fmt: skip


@pytest.mark.parametrize("address", STRICTER)
def test_where_python_says_otherwise_the_list_decides(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("version", [4, 6])
def test_each_registered_block_is_there_once(version: int) -> None:
    blocks = [block for block, _ in ROWS if block.version == version]
    assert len(blocks) == len(set(blocks)) == {4: 26, 6: 25}[version]


@pytest.mark.parametrize(
    ("host", "address"),
    [("0x7f.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("017700000001", "127.0.0.1"), ("127.1", "127.0.0.1"),
     ("0x7F000001", "127.0.0.1"), ("127.0.0.1.", "127.0.0.1"), ("0xa9.0xfe.0xa9.0xfe", "169.254.169.254"),
     ("2852039166", "169.254.169.254"), ("::ffff:127.0.0.1", "::ffff:7f00:1"), ("::ffff:7f00:1", "::ffff:7f00:1"),
     ("fe80::1%eth0", "fe80::1%eth0"), ("a.example.", None), ("1.example", None), ("127.0.0.1.example", None)],
)  # fmt: skip
def test_an_odd_spelling_is_seen_through(host: str, address: str | None) -> None:
    found = literal(host)
    assert (None if found is None else ip_address(found)) == (None if address is None else ip_address(address))
