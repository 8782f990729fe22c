"""The pure parts of fetching: addresses, redirects, robots, and the memory that two processes share."""

import os
from collections import deque

import ada_url
import pytest
from aiohttp.helpers import is_ip_address
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsel import Selector

from silverprint.adapters.crawl.page_licenses import Place
from silverprint.adapters.urls.fetcher.ring_buffer import HOT, Ring, memory_file
from silverprint.adapters.urls.http.address import Gate, sendable_url
from silverprint.core.cleaning.takedowns import NOTHING, Takedowns
from silverprint.fetching.address_guard import AddressPolicy, Target, literal, target
from silverprint.fetching.public_addresses import is_public
from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import Failed, NoImage, Refused
from silverprint.fetching.robots import decide, rules

PATHS = st.text("abcXYZ019-._~/%éß &?=#+,;:@!$'()*[]", max_size=30)


@given(st.sampled_from(["http", "https"]), st.sampled_from(["a.example", "127.0.0.1:80", "bücher.example"]), PATHS)
@example("http", "a.example", "?")
def test_an_address_goes_out_in_a_list_as_in_a_crawl(scheme: str, host: str, path: str) -> None:
    url = f"{scheme}://{host}/{path}"
    wire, origin = sendable_url(url)
    assert wire == Place(Selector(""), "http://b.example/").full(url)
    assert wire.startswith(f"{origin}/")
    assert wire.isascii()
    assert sendable_url(wire)[0] == wire


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://A.example/x", Target("a.example", 80)),
        ("https://a.example", Target("a.example", 443)),
        ("http://[::1]:81/", Target("::1", 81)),
    ],
)
def test_whom_an_address_speaks_to(url: str, found: Target) -> None:
    assert target(url) == found


@pytest.mark.parametrize("url", ["", "a.example/x", "http://", "http:///x", "http://[bad/", "http://a:99999/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError):
        target(url)


@pytest.mark.parametrize("url", ["ftp://a/", "file:///etc/passwd", "data:image/gif;base64,R0", "javascript:alert(1)"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(Refused, match="scheme"):
        target(url)


@pytest.mark.parametrize("url", ["http://u:p@a.example:8/", "http://u@a.example", "https://:p@[::1]/"])
def test_who_one_is_has_no_place_in_an_address(url: str) -> None:
    with pytest.raises(Failed, match="credentials"):
        target(url)
    with pytest.raises(Failed, match="credentials"):
        redirect_target("http://a.example/", 302, url)


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"),
     ("10.0.0.1", "10.0.0.1"), ("::1", "::1"), ("a.example", None), ("0x.example", None)],
)  # fmt: skip
def test_an_address_may_be_spelt_in_old_ways(host: str, address: str | None) -> None:
    assert literal(host) == address


def test_an_address_that_wraps_a_private_one_is_private() -> None:
    assert not any(map(is_public, ("64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1", "fe80::1%eth0")))
    assert is_public("64:ff9b::808:808")


def test_only_a_named_place_may_be_private() -> None:
    gate = Gate(AddressPolicy(["127.0.0.1:8600", "::1:8600"]), Takedowns(domains=frozenset({"gone.example"})))
    for url in ("http://127.0.0.1:8600/x", "http://[::1]:8600/x", "http://8.8.8.8/x", "http://a.example/x"):
        assert gate.passed(url).wire == url
    refused = {"http://127.0.0.1:8601/": "private-address", "http://img.gone.example/x": "taken-down"}
    for url, reason in refused.items():
        with pytest.raises(NoImage, match=reason):
            gate.passed(url)


@given(st.sampled_from(["http:", "hTTps:", "ht\ntp:"]), st.text("/\\", max_size=4), st.text("127.0x/\\@:", max_size=24))
@example("http:", "//", "127.0.0.1:8123\\@example.org/")
def test_what_is_judged_of_an_address_is_what_is_sent(scheme: str, slashes: str, rest: str) -> None:
    """Nothing private, and no user, gets past it by the way in which the address is written."""
    try:
        found = Gate(AddressPolicy(["8.8.8.8:80"]), NOTHING).passed(f"{scheme}{slashes}{rest}")
    except NoImage:
        return
    sent = ada_url.URL(found.wire)
    assert (sent.username, sent.password) == ("", "")
    assert sent.hostname.strip("[]") == found.host
    assert literal(found.host) is None or is_public(str(literal(found.host)))


@pytest.mark.parametrize("slashes", ["\\\\", "/", "///", "", "\\/"])
def test_a_list_reads_slashes_as_browsers_do(slashes: str) -> None:
    gate = Gate(AddressPolicy([]), Takedowns(domains=frozenset({"gone.example"})))
    assert gate.passed(f"http:{slashes}h.example\\a.jpg").wire == "http://h.example/a.jpg"
    for place, reason in (
        ("127.0.0.1", "private-address"),
        ("ada:b@h.example", "credentials"),
        ("gone.example", "taken"),
    ):
        with pytest.raises(NoImage, match=reason):
            gate.passed(f"http:{slashes}{place}\\a.jpg")


HOSTS = st.one_of(st.text("0123456789.xabcdef", max_size=20), st.text("0123456789.:abcdef%[]", max_size=30))


@given(HOSTS)
@example("2130706433")
@example("[::ffff:127.0.0.1]")
@example("1.2.3.4.5")
def test_no_host_is_an_address_to_aiohttp_alone(host: str) -> None:
    """It does not ask the resolver, which would look at where a name leads."""
    try:
        found = Gate(AddressPolicy([]), NOTHING).passed(f"http://{host}/")
    except NoImage:
        return
    read = found.url.raw_host
    assert read is not None
    assert literal(read) == read or not is_ip_address(read)


def test_where_a_redirect_leads() -> None:
    base = "http://a.example/b/c"
    assert redirect_target(base, 200, "/x") is None
    assert redirect_target(base, 302, None) is None
    assert redirect_target(base, 302, "d?x=1#top") == "http://a.example/b/d?x=1"
    assert redirect_target(base, 308, "//b.example/") == "http://b.example/"
    with pytest.raises(Refused, match="scheme"):
        redirect_target(base, 301, "file:///etc/passwd")
    with pytest.raises(Failed, match="bad-url"):
        redirect_target(base, 301, "http://[bad/")


def test_what_an_answer_to_robots_txt_means() -> None:
    text = b"User-agent: silverprint\nDisallow: /private/\n\nUser-agent: *\nDisallow: /\n"
    found = rules(200, text)
    assert decide(found, "http://a.example/b", "silverprint") == "allowed"
    assert decide(found, "http://a.example/private/b", "silverprint") == "disallowed"
    assert decide(found, "http://a.example/b", "otherbot") == "disallowed"
    assert decide(rules(404, b""), "http://a.example/b", "silverprint") == "none"
    for status in (429, 500, 503):
        with pytest.raises(Failed, match="robots-unreachable"):
            rules(status, b"")
    assert decide(rules(200, b"#" * 600_000 + b"\n" + text), "http://a.example/", "otherbot") == "allowed"


SIZES = st.lists(st.tuples(st.integers(0, HOT), st.integers(0, 3)), max_size=60)


@pytest.mark.slow
@settings(max_examples=10)
@given(SIZES)
def test_what_is_put_into_the_ring_is_there_until_it_is_freed(steps: list[tuple[int, int]]) -> None:
    size = 4 * HOT
    descriptor = memory_file(size)
    here, there, held = Ring(descriptor, size), Ring(descriptor, size), deque[tuple[int, int]]()
    os.close(descriptor)
    for length, freed in steps:
        place = here.put(bytes(length))
        if place is not None:
            assert 0 <= place <= size - length
            assert all(place + length <= start or end <= place for start, end in held if length and end > start)
            held.append((place, place + length))
            assert there.get(place, length) == bytes(length)
        for _ in range(min(freed, len(held))):
            held.popleft()
            here.free(1)
    here.free(len(held))
    assert here.put(bytes(size)) == 0
