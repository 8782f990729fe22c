"""What a page costs grows with the page alone; what no crawl should read or follow is told apart."""

import json

import pytest
from parsel import Selector

from silverprint import config
from silverprint.adapters.crawl import link_extraction
from silverprint.adapters.crawl.css_select import select
from silverprint.adapters.crawl.labels import link_labels
from silverprint.adapters.crawl.page_bounds import (
    MAX_ALL_ATTRIBUTES,
    MAX_ATTRIBUTES,
    MAX_CHARACTERS,
    MAX_TAGS,
    MAX_VALUES,
    TooLarge,
    is_too_large,
)
from silverprint.adapters.crawl.page_licenses import Licenses, Place, links
from silverprint.adapters.crawl.stop_rules import BARREN_LISTINGS, BARREN_PAGES, StopRules
from silverprint.errors import ConfigError
from tests.helpers.clock import within
from tests.helpers.crawl_projects import ROOT

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
SECONDS = 1  # second of the processor, where the quadratic way took 3 to 140


def test_a_licence_of_each_of_many_pictures() -> None:
    said = [{"@type": "ImageObject", "contentUrl": f"/p{n}.jpg", "license": CC_BY} for n in range(3_000)]
    shown = "".join(f'<img class=photo src="/p{n}.jpg">' for n in range(3_000))
    page = Selector(f'<script type="application/ld+json">{json.dumps(said)}</script>{shown}')

    def licenses_found() -> list[object]:
        place = Place(page, "http://a.example/x")
        licenses = Licenses(page, place)
        return [licenses.of(place.full(address)) for address in links(page, "img.photo")]

    found = within(SECONDS, licenses_found)
    assert set(found) == {("CC-BY-4.0", "json-ld")}
    assert len(found) == 3_000


@pytest.mark.slow
def test_a_page_of_as_many_pictures_as_may_be() -> None:
    markup = "".join(f"<img class=photo src=/p{n}.jpg>" for n in range(MAX_TAGS))
    assert not is_too_large(markup)

    def licenses_found() -> list[object]:
        page = Selector(markup)
        place = Place(page, "http://a.example/x")
        licenses = Licenses(page, place)
        return [licenses.of(place.full(address)) for _, address in link_extraction.image_addresses(page, "img.photo")]

    assert len(within(2 * SECONDS, licenses_found)) == MAX_TAGS


@pytest.mark.parametrize(
    "selector", ["div.a a.b", "div div > a", "a ~ a", "div + a, a", "a:nth-child(2)", "a:last-child"]
)
def test_links_in_a_deep_page(selector: str) -> None:
    page = Selector("<div class=a>" * 1_000 + "<a class=b href=/x>x</a>" * 4_000)
    assert within(SECONDS, lambda: select(page, selector))


def test_labels_in_a_deep_page() -> None:
    page = Selector("<div>" * 1_000 + "<a class=p href=/x>x</a>" * 4_000)
    assert within(SECONDS, lambda: link_labels(page, "a.p", "div")) == {}  # the text around them is no label


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
        ("<i a b c d e f>" * (MAX_ALL_ATTRIBUTES // 6), False),
        ("<i a b c d e f>" * (MAX_ALL_ATTRIBUTES // 6) + "<i a>", True),
        ("<script>for (i = 0; i<n; i++) { " + "a = b; " * 200 + "}</script>", False),
        ("<i title='" + "x " * 9_999 + "'>", False),
        ("<i title=\"" * MAX_TAGS, True),
        ("< " * MAX_TAGS, False),
    ],
)  # fmt: skip
def test_what_is_not_parsed(markup: str, expected: bool) -> None:
    assert within(SECONDS, lambda: is_too_large(markup)) is expected


SOURCES = "<source srcset='" + ", ".join(f"/{n}.jpg {n}w" for n in range(256)) + "'>"
BACKGROUND = "<div class=photo style='{}'></div>"


@pytest.mark.parametrize(
    ("markup", "shows"),
    [
        (f"<picture>{SOURCES * 30}{'<img class=photo src=/small.jpg>' * 3_000}</picture>", {"/255.jpg"}),
        (BACKGROUND.format("url(" + " " * 1_000_000), set()),
        (BACKGROUND.format("url(" * 1_000_000), set()),
        (BACKGROUND.format("url(data:," + "x" * 100_000 + ") url(/a.jpg)"), {"/a.jpg"}),
        (f"<img class=photo srcset='{' ' * 3_000_000}/a.jpg' src=/b.jpg>", {"/b.jpg"}),
        (f"<img class=photo srcset='{'data:, ' * 500_000}' src=/b.jpg>", {"/b.jpg"}),
    ],
    ids=["sources of many", "url( and spaces", "url(", "data", "spaces", "a set of data"],
)
def test_pictures_of_a_page_that_is_made_to_be_slow(markup: str, shows: set[str]) -> None:
    page = Selector(markup)
    assert {
        address for _, address in within(SECONDS, lambda: list(link_extraction.image_addresses(page, ".photo")))
    } == shows


def test_what_a_page_states_is_counted_before_it_is_read() -> None:
    most = [[]] * (MAX_VALUES // 2 - 5)
    for said, is_read in ((most, True), ([*most, *most], False)):
        page = Selector(f"<script type='application/ld+json'>{json.dumps(said)}</script>")
        if is_read:
            within(SECONDS, lambda page=page: Licenses(page, "http://a.example/"))
        else:
            with pytest.raises(TooLarge):
                within(SECONDS, lambda page=page: Licenses(page, "http://a.example/"))
    half = f"<script type='application/ld+json'>{json.dumps([[]] * (MAX_VALUES // 4))}</script>"
    with pytest.raises(TooLarge):
        Licenses(Selector(half * 3), "http://a.example/")


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
