"""Which address an element shows its picture from, and what CSS selectors find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from silverprint.adapters.crawl.css_select import select
from silverprint.adapters.crawl.link_extraction import image_addresses, largest_of
from silverprint.adapters.crawl.page_facts import refresh_target
from tests.helpers.sites import BLANK

PNG = '<source type="image/png" srcset="s.png 400w, l.png 900w">'


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<img class=p src=a.jpg>", "a.jpg"),
        (f'<img class=p src="{BLANK}" data-src=a.jpg>', "a.jpg"),
        ("<img class=p src=spin.gif data-lazy-src=a.jpg>", "a.jpg"),
        ("<img class=p src=spin.gif data-srcset='s.jpg 1x, l.jpg 2x' data-src=s.jpg>", "l.jpg"),
        ("<img class=p src=s.jpg srcset='m.jpg 1.5x, l.jpg 3x'>", "l.jpg"),
        ("<img class=p src=s.jpg srcset='l.jpg 900w,m.jpg 300w'>", "l.jpg"),
        (f"<img class=p src=s.jpg srcset='{BLANK} 9000w'>", "s.jpg"),
        (f"<picture>{PNG}<img class=p src=s.jpg></picture>", "l.png"),
        (f"<picture class=p>{PNG}<img src=s.jpg></picture>", "l.png"),
        ("<picture><source type=image/jxl srcset=l.jxl><img class=p src=s.jpg></picture>", "s.jpg"),
        ("<picture><source srcset=l.webp><img class=p src=s.jpg></picture>", "s.jpg"),
        ("<picture><source data-srcset='l.webp 900w'><img class=p src=spin.gif></picture>", "l.webp"),
        ("<img class=p src=spin.gif><noscript><img src=a.jpg></noscript>", "a.jpg"),
        ("<img class=p src=a.jpg><noscript><img width=1 height=1 src=count.gif></noscript>", "a.jpg"),
        ("<div class=p style='color:red; background: url( \"a.jpg\" ) no-repeat'></div>", "a.jpg"),
        ("<div class=p data-bg='url(a.jpg)'></div>", "a.jpg"),
        ("<div class=p data-bg=a.jpg style='background-image:url(spin.gif)'></div>", "a.jpg"),
        ("<a class=p href=full.jpg data-image=small.jpg><img src=t.jpg></a>", "full.jpg"),
        ("<meta class=p content=a.jpg>", "a.jpg"),
        ("<svg><image class=p xlink:href=a.jpg /></svg>", "a.jpg"),
        ("<img class=p data-src='{\"a\": 1}' src=a.jpg>", "a.jpg"),
        (f'<img class=p src="{BLANK}">', BLANK),
        ("<div class=p></div>", None),
    ],
)
def test_the_address_of_a_picture(body: str, found: str | None) -> None:
    assert [address for _, address in image_addresses(Selector(body), ".p")] == ([] if found is None else [found])


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (".p::attr(data-full)", "full.jpg"),
        (".p::attr(DATA-FULL)", "full.jpg"),
        (".p::attr(data-srcset)", "l.jpg"),
        (".p::attr(style)", "b.jpg"),
        (".p::attr(alt)", None),
    ],
)
def test_an_attribute_may_be_named(where: str, found: str | None) -> None:
    body = "<img class=p src=a.jpg data-full=full.jpg data-srcset='s.jpg 1w, l.jpg 2w' style='background:url(b.jpg)'>"
    assert [address for _, address in image_addresses(Selector(body), where)] == ([] if found is None else [found])


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("a, img::attr(data-own)", ["/a", "full.jpg"]),
        ("a::attr(data-own), img", ["a-full.jpg", "i.jpg"]),
        ("img::attr(data-own), a::attr(href)", ["/a", "full.jpg"]),
        ("img, img::attr(data-own)", ["i.jpg", "full.jpg"]),
        ("img, img", ["i.jpg"]),
        ("svg image::attr(xlink:href)", ["s.jpg"]),
    ],
)
def test_an_attribute_is_of_the_selector_that_it_stands_behind(where: str, found: list[str]) -> None:
    page = Selector(
        "<a href=/a data-own=a-full.jpg>x</a><img src=i.jpg data-own=full.jpg><svg><image xlink:href=s.jpg /></svg>"
    )
    assert [address for _, address in image_addresses(page, where)] == found


def test_a_srcset_is_read_as_browsers_do() -> None:
    assert largest_of("a,b.jpg 1x, c.jpg 2x") == "c.jpg"
    assert largest_of("a.jpg,b.jpg 2x") == "a.jpg,b.jpg"  # a comma inside is the address's own
    assert largest_of("a.jpg, b.jpg 2x") == "b.jpg"
    assert largest_of("") is None


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("0; url=/b", "/b"), ("0;URL='/b c'", "/b c"), ("3, /b", "/b"), ("5", None), ("300; url=/b", None), ("", None),
        ("0.5;url = \"/b\"", "/b"),
    ],
)  # fmt: skip
def test_a_page_may_send_on(content: str, found: str | None) -> None:
    page = Selector("<meta http-equiv=' Refresh' content='{}'>".format(content.replace("'", "&#39;")))
    assert refresh_target(page) == found


SELECTORS = (
    "div a", "div > a", "a + a", "a ~ a", ".a .b", "p > a:first-child", "div.a > .b a", "a:nth-child(2)", ":not(div a)",
    "a, div > p", "* + *", "* > *", "* *", "#x ~ .b", "div:not(.a) > a + .b", "a:nth-last-child(-n+2)", "p:only-child",
    "a:first-of-type", "a:nth-last-of-type(odd)", "div:has(> a)", "p:last-of-type", ":is(div, p) a", "a:only-of-type",
)  # fmt: skip
TREES = st.recursive(
    st.tuples(st.sampled_from("dap"), st.sampled_from(["", "a", "b", "a b"]), st.just([])),
    lambda inner: st.tuples(st.sampled_from("dap"), st.sampled_from(["", "a", "b"]), st.lists(inner, max_size=4)),
    max_leaves=20,
)


def _written(tree: tuple[str, str, list[object]]) -> str:
    name, kind, inner = tree
    tag = {"d": "div", "a": "a", "p": "p"}[name]
    return f"<{tag} class='{kind}' id='{'x' * len(inner)}'>{''.join(map(_written, inner))}<!-- --></{tag}>"  # type: ignore[arg-type]


@given(TREES, st.sampled_from(SELECTORS))
def test_a_selector_finds_what_it_finds_elsewhere(tree: tuple[str, str, list[object]], selector: str) -> None:
    page = Selector(_written(tree), type="xml")
    assert select(page, selector) == [one.root for one in page.css(selector)]
