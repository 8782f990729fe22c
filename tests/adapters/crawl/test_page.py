"""What is read from a picture's page and from robots directives."""

import json

import pytest
from parsel import Selector
from scrapy.http import HtmlResponse, Request

from silverprint.adapters.crawl.link_extraction import image_addresses
from silverprint.adapters.crawl.page_licenses import Licenses, Place
from silverprint.adapters.crawl.page_refusals import page_refusals
from silverprint.adapters.crawl.robots_middleware import DECISION
from silverprint.config import SIGNALS
from silverprint.fetching.public_addresses import is_public
from silverprint.fetching.robots.directives import product, words

BASE = "https://example.org/shop/1"
PICTURE = "https://example.org/img/1.jpg"
LINKED = '<footer><a rel="license noopener" href="https://creativecommons.org/licenses/by/4.0/">CC</a></footer>'


def licence(body: str) -> tuple[str | None, str | None]:
    page = Selector(f"<html><body>{body}</body></html>")
    return tuple(Licenses(page, Place(page, BASE)).of(PICTURE))


def ld(data: object) -> str:
    return f'<script type="application/ld+json">{data if isinstance(data, str) else json.dumps(data)}</script>'


IMAGE = {"@type": "ImageObject", "license": "https://creativecommons.org/publicdomain/zero/1.0/"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", (None, None)),
        (LINKED, ("CC-BY-4.0", "rel-license")),
        ('<link rel="LICENSE" href="/terms">', (None, None)),
        ('<link rel="license" href="/terms">', ("https://example.org/terms", "rel-license")),
        (ld(IMAGE), ("CC0-1.0", "json-ld")),
        (ld([IMAGE]) + LINKED, ("CC0-1.0", "json-ld")),
        (ld({"@graph": [{"@type": ["Thing", "ImageObject"], "license": {"@id": "MIT"}}]}), ("MIT", "json-ld")),
        (ld({"@type": "Product", "image": {**IMAGE, "contentUrl": "/img/1.jpg"}}), ("CC0-1.0", "json-ld")),
        (ld({**IMAGE, "contentUrl": "/img/other.jpg"}), (None, None)),
        (ld({**IMAGE, "contentUrl": "/img/other.jpg"}) + LINKED, ("CC-BY-4.0", "rel-license")),
        (ld([{**IMAGE, "license": "MIT"}, {**IMAGE, "url": PICTURE}]), ("CC0-1.0", "json-ld")),
        (ld({"@type": "SoftwareApplication", "license": "MIT"}), (None, None)),
        (ld({**IMAGE, "license": 7}), (None, None)),
        (ld({**IMAGE, "license": ["MIT", "CC0"]}), ("MIT", "json-ld")),
        (ld({**IMAGE, "@type": "http://schema.org/ImageObject"}) + LINKED, ("CC0-1.0", "json-ld")),
        (ld({**IMAGE, "@type": ["schema:Thing", "schema:ImageObject"]}) + LINKED, ("CC0-1.0", "json-ld")),
        ('<a rel="license" href="javascript:show()">all</a>' + LINKED, ("CC-BY-4.0", "rel-license")),
        (ld("{broken") + LINKED, ("CC-BY-4.0", "rel-license")),
        (ld("[" * 5000) + LINKED, ("CC-BY-4.0", "rel-license")),
    ],
)
def test_the_licence_of_a_picture(body: str, found: tuple[str | None, str | None]) -> None:
    assert licence(body) == found


@pytest.mark.parametrize(
    ("values", "forbidden"),
    [
        ([], False),
        (["index, follow"], False),
        (["nofollow"], False),
        (["NoIndex"], True),
        (["nofollow, noimageindex"], True),
        (["max-snippet: 20, noai"], True),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST"], False),
        (["none"], True),
        (["otherbot: noindex, noai"], False),
        (["otherbot: noindex", "noimageai"], True),
        (["silverprint: none"], True),
        (["*: noai"], True),
    ],
)
def test_directives(values: list[str], forbidden: bool) -> None:
    assert bool(list(words(values, "silverprint"))) is forbidden


@pytest.mark.parametrize(
    ("head", "forbidden"),
    [
        ('<meta name="robots" content="noindex">', True),
        ('<meta name="ROBOTS" content="follow, NOAI">', True),
        ('<meta name="silverprint" content="none">', True),
        ('<meta name="googlebot" content="noindex">', False),
        ('<meta name="description" content="noindex">', False),
        ('<meta name="robots">', False),
    ],
)
def test_meta_robots(head: str, forbidden: bool) -> None:
    markup = Selector(f"<html><head>{head}</head></html>")
    response = HtmlResponse(BASE, request=Request(BASE, meta={DECISION: "none"}))
    refusal = page_refusals(response, markup, "silverprint", SIGNALS).of(PICTURE)
    assert (refusal is not None and refusal.reason == "meta-robots") is forbidden


def test_links_are_found_where_pages_put_them() -> None:
    pictures = '<img class=p src=" a.jpg "><img class=p src="a.jpg"><img class=p>'
    page = Selector(f'{pictures}<a class=p href="b.jpg"></a><meta class=p content="c.jpg">')
    assert [address for _, address in image_addresses(page, ".p")] == ["a.jpg", "a.jpg", "b.jpg", "c.jpg"]


def test_addresses_in_full() -> None:
    place = Place(Selector(""), BASE)
    assert place.full("/a.jpg?x=1#top") == "https://example.org/a.jpg?x=1"
    assert place.full("http://[bad") == "http://[bad"
    assert len(place.full("data:image/gif;base64," + "A" * 9999)) < 100
    assert place.full("/" + "a" * 9999).startswith("(10000 characters) /aaa")


@pytest.mark.parametrize(
    ("agent", "name"), [("silverprint/0.1 (a b)", "silverprint"), ("My-Bot", "my-bot"), ("A B/1", "a"), ("", "")]
)
def test_the_name_in_robots_rules(agent: str, name: str) -> None:
    assert product(agent) == name


def test_public_addresses() -> None:
    assert all(is_public(ip) for ip in ("8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"))
    private = "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255"
    assert not any(is_public(ip) for ip in private.split())
    assert not any(is_public(ip) for ip in ("::1", "fe80::1", "fc00::1", "::", "::ffff:127.0.0.1", "ff02::1"))
