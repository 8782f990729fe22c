"""Selectors proposed from a site's markup, for pages as shops, archives and blogs have them."""

import pytest
from parsel import Selector

from silverprint.adapters.crawl.link_extraction import image_addresses
from silverprint.adapters.crawl.page_licenses import links
from silverprint.adapters.crawl.selector_proposal import next_page, picture_pages, pictures
from tests.helpers.clock import within

ADDRESS = "http://shop.example/list"
MENU = (
    '<header class=top><a href="/"><img src="/logo.png" width=900 height=300></a><nav><a href="/about">About</a>'
    '<a href="/jobs">Jobs</a><a href="/press">Press</a><a href="/help">Help</a></nav></header>'
)
FOOTER = '<footer><a href="/terms"><img src="/badge.png"></a> <a href="/imprint">Imprint</a></footer>'


def listing(body: str) -> Selector:
    return Selector(f"<html><body>{MENU}<main>{body}</main>{FOOTER}</body></html>")


def items(template: str) -> str:
    return "".join(template.format(n=number) for number in range(1, 13))


CARDS = items(
    '<div class="card c{n}"><a class=product href="/p/{n}"><img src="/t/{n}.jpg"></a><a href="/cart">Buy</a></div>'
)
TABLE = "<table>" + items('<tr><td><img src="/t/{n}.jpg"></td><td><a href="/p/{n}">Item</a></td></tr>') + "</table>"
LIST = (
    "<ul class=grid>"
    + items('<li><a href="/p/{n}"><figure><img data-src="/t/{n}.jpg" src=x.gif></figure></a></li>')
    + "</ul>"
)
ARTICLES = items('<article class="post"><h2><a href="/p/{n}">Post</a></h2><img src="/t/{n}.jpg"><p>text</p></article>')
STYLED = items(
    '<a class="tile tile-{n}" href="/p/{n}"><picture><source srcset="/t/{n}.webp"><img src="/t/{n}.jpg"></picture></a>'
)
DEEP = (
    "<div id=results><div><div>"
    + items('<div><div><a href="/p/{n}"><span><img src="/t/{n}.jpg"></span></a></div></div>')
    + "</div></div></div>"
)


@pytest.mark.parametrize(
    "body", [CARDS, TABLE, LIST, ARTICLES, STYLED, DEEP], ids=["cards", "table", "list", "articles", "styled", "deep"]
)
def test_links_to_picture_pages_are_found_and_no_others(body: str) -> None:
    page = listing(body)
    selector = picture_pages(page, ADDRESS)
    assert links(page, selector) == [f"/p/{number}" for number in range(1, 13)]


def test_where_links_have_no_pictures_none_are_proposed() -> None:
    assert picture_pages(listing("<p><a href=/a>a</a> <a href=/b>b</a>"), ADDRESS) is None
    assert (
        picture_pages(
            listing('<a href="#top"><img src=a.jpg></a><a href="http://other.example/"><img src=b.jpg></a>'), ADDRESS
        )
        is None
    )


NEXT = {
    "rel": '<a rel=next href="/list/2">2</a>',
    "head": '<link rel=next href="/list/2">',
    "class": '<ul class=pagination><li><a href="/list/1">1</a><li class=next><a href="/list/2">&raquo;</a></ul>',
    "word": '<div class=pp><a class=back href="/list/0">Prev</a><a class=on href="/list/2">Next page ›</a></div>',
    "arrow": '<p id=more><a href="/list/2">›</a></p>',
    "german": '<div class="pager"><span><a class="fwd" href="/list/2">Weiter</a></span></div>',
}


@pytest.mark.parametrize("kind", NEXT)
def test_the_next_listing_page_is_found(kind: str) -> None:
    page = listing(CARDS + NEXT[kind])
    assert links(page, next_page(page)) == ["/list/2"]


def test_a_list_without_further_pages_has_no_next_one() -> None:
    assert next_page(listing(CARDS)) is None


PAGES = {
    "class": '<img class=photo src="/full.jpg"><img class=avatar src="/ada.jpg">',
    "size": '<img class=icon width=20 height=20 src="/i.png"><img class=big width=800 height=600 src="/full.jpg">',
    "srcset": '<figure class=hero><img src="/s" srcset="/full.jpg 1200w, /s 20w"></figure><img class=x src="/y">',
    "lazy": '<div class=stage><img src="data:image/gif;base64,R0" data-src="/full.jpg"></div>',
    "plain": '<img src="/full.jpg">',
    "related": '<img class=main width=900 height=900 src="/full.jpg">'
    + items('<a href="/p/{n}"><img class=rel width=90 height=90 src="/t/{n}.jpg"></a>'),
}


@pytest.mark.parametrize("kind", PAGES)
def test_the_largest_picture_of_a_page_is_found_and_no_other(kind: str) -> None:
    page = listing(PAGES[kind])
    assert [address for _, address in image_addresses(page, pictures(page))] == ["/full.jpg"]


def test_pictures_that_lie_on_the_listing_itself_are_those_that_repeat() -> None:
    page = listing('<img class=banner width=900 height=300 src="/b.jpg">' + items('<img class=shot src="/s/{n}.jpg">'))
    found = [address for _, address in image_addresses(page, pictures(page, repeated=True))]
    assert found == [f"/s/{number}.jpg" for number in range(1, 13)]


def test_a_page_without_pictures_has_none() -> None:
    assert pictures(Selector("<html><body><p>text</p></body></html>")) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "".join(f'<a class="x{n} y" href="/p/{n}"><img src="/{n}.jpg"></a>' for n in range(8_000)),
        "<div>" * 3_000 + "".join(f'<a href="/p/{n}"><img src="/{n}.jpg"></a>' for n in range(3_000)),
        f'<a class="{" ".join(f"c{n}" for n in range(50_000))}" href="/p/1"><img src=a.jpg></a>' * 3,
    ],
    ids=["links", "deep", "classes"],
)
def test_a_hostile_page_is_looked_at_in_time(body: str) -> None:
    page = listing(body)
    within(8, lambda: (next_page(page), picture_pages(page, ADDRESS), pictures(page), pictures(page, repeated=True)))
