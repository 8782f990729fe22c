"""What a page costs grows with the page alone; what no crawl should read or follow is told apart."""

import json
import time

import pytest
from parsel import Selector

from silverprint import config
from silverprint.adapters.crawl.css_select import select
from silverprint.adapters.crawl.endless_sites import BARREN_LISTINGS, BARREN_PAGES, StopRules
from silverprint.adapters.crawl.labels import link_labels
from silverprint.adapters.crawl.page import Licenses, Place, links
from silverprint.adapters.crawl.page_bounds import MAX_ATTRIBUTES, MAX_CHARACTERS, MAX_TAGS, is_too_large
from silverprint.errors import ConfigError
from tests.crawl.projects import ROOT

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
WITHIN = 1  # second of the processor, where the quadratic way took 3 to 140


def test_a_licence_of_each_of_many_pictures() -> None:
    said = [{"@type": "ImageObject", "contentUrl": f"/p{n}.jpg", "license": CC_BY} for n in range(3_000)]
    shown = "".join(f'<img class=photo src="/p{n}.jpg">' for n in range(3_000))
    page = Selector(f'<script type="application/ld+json">{json.dumps(said)}</script>{shown}')
    since = time.thread_time()
    place = Place(page, "http://a.example/x")
    licenses = Licenses(page, place)
    found = [licenses.of(place.full(address)) for address in links(page, "img.photo")]
    assert time.thread_time() - since < WITHIN
    assert set(found) == {("CC-BY-4.0", "json-ld")}
    assert len(found) == 3_000


@pytest.mark.parametrize(
    "selector", ["div.a a.b", "div div > a", "a ~ a", "div + a, a", "a:nth-child(2)", "a:last-child"]
)
def test_links_in_a_deep_page(selector: str) -> None:
    page = Selector("<div class=a>" * 1_000 + "<a class=b href=/x>x</a>" * 4_000)
    since = time.thread_time()
    assert select(page, selector)
    assert time.thread_time() - since < WITHIN


def test_labels_in_a_deep_page() -> None:
    page = Selector("<div>" * 1_000 + "<a class=p href=/x>x</a>" * 4_000)
    since = time.thread_time()
    assert link_labels(page, "a.p", "div") == {}  # the text around them is no label
    assert time.thread_time() - since < WITHIN


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>" + "word " * (MAX_CHARACTERS // 5), True),
        ("<p>" + "word " * 100_000, False),
        ("<i>" * MAX_TAGS, False),
        ("<i>" * (MAX_TAGS + 1), True),
        ("<i " + " ".join(f"a{n}" for n in range(MAX_ATTRIBUTES)) + ">", False),
        ("<i " + " ".join(f"a{n}" for n in range(MAX_ATTRIBUTES + 1)) + ">", True),
        ("<i " + "".join(f"a{n}='>'" for n in range(MAX_ATTRIBUTES + 1)) + ">", True),
        ("<i " + "/".join(f"a{n}" for n in range(MAX_ATTRIBUTES + 1)) + ">", True),
        ("<i title='" + "x " * 9_999 + "'>", False),
        ("<i title=\"" * MAX_TAGS, True),
        ("< " * MAX_TAGS, False),
    ],
)  # fmt: skip
def test_what_is_not_parsed(markup: str, expected: bool) -> None:
    since = time.thread_time()
    assert is_too_large(markup) is expected
    assert time.thread_time() - since < WITHIN


def test_patience_ends() -> None:
    patience = StopRules("shop", max_pages=3)
    assert [patience.may_ask() for _ in range(5)] == [True, True, True, False, False]
    assert patience.reasons == {"pages": "stopped after 3 pages (max_pages), raise sources.shop.max_pages to go on"}

    patience = StopRules("shop", max_pages=9)
    assert patience.follows("http://a/", BARREN_LISTINGS - 1)
    assert not patience.follows("http://a/", BARREN_LISTINGS)
    assert patience.may_ask()  # other listing pages go on
    for number in range(2 * BARREN_PAGES):
        patience.shown("http://a/", is_new=number % BARREN_PAGES == 0)
    assert patience.may_ask()
    patience.shown("http://a/", is_new=False)
    assert not patience.may_ask()
    assert list(patience.reasons) == ["listings", "pictures"]


@pytest.mark.parametrize(
    ("knob", "rule"),
    [
        ("headers: {'X Key': a}", "a header's name is"),
        ("headers: {User-Agent: a}", "user_agent and cookies are knobs"),
        ("headers: {X-Key: 'a\\nb'}", "a header holds printable ASCII"),
        ("headers: {X-Key: ''}", "a header holds printable ASCII"),
        ("cookies: {a: 'b; c=d'}", "one cookie a line"),
        ("cookies: {'a=b': c}", "a cookie's name is"),
        ("max_pages: 0", "max_pages"),
    ],
)
def test_what_no_site_is_told(knob: str, rule: str) -> None:
    text = (ROOT / "params.yaml").read_text()
    whole = text.replace("    timeout_s: 4\n", f"    timeout_s: 4\n    {knob}\n", 1)
    with pytest.raises(ConfigError, match=rule):
        config.parse(whole.replace("'a\\nb'", '"a\\nb"'))
