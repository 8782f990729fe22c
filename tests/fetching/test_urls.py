"""Addresses by the WHATWG URL standard, for crawls and lists alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.urls import LONGEST, resolve_url, with_resolved_addresses

BASE = "http://a.example/shop/page.html?x=1#top"


@pytest.mark.parametrize(
    ("address", "encoding", "found"),
    [
        ("sub\\item.html", "utf-8", "http://a.example/shop/sub/item.html"),
        ("\\\\b.example\\c", "utf-8", "http://b.example/c"),
        ("?a\\b", "utf-8", "http://a.example/shop/page.html?a\\b"),
        (" \n/sl\tash/ite\nm.html ", "utf-8", "http://a.example/slash/item.html"),
        ("../../../x/./y/../z", "utf-8", "http://a.example/x/z"),
        ("//b.example/i.jpg#zoom", "utf-8", "http://b.example/i.jpg"),
        ("http:i.jpg", "utf-8", "http://a.example/shop/i.jpg"),
        ("", "utf-8", "http://a.example/shop/page.html?x=1"),
        ("img/100%.jpg", "utf-8", "http://a.example/shop/img/100%.jpg"),
        ("a b.jpg?v=1 2", "utf-8", "http://a.example/shop/a%20b.jpg?v=1%202"),
        ("http://BÜCHER.example:80/ä", "utf-8", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://faß.example/", "utf-8", "http://xn--fa-hia.example/"),
        ("http://0x7f.1/", "utf-8", "http://127.0.0.1/"),
        ("路?名=红色", "gbk", "http://a.example/shop/%E8%B7%AF?%C3%FB=%BA%EC%C9%AB"),
        ("路?名=红色", "gb18030", "http://a.example/shop/%E8%B7%AF?%C3%FB=%BA%EC%C9%AB"),
        ("?q=é†", "cp1252", "http://a.example/shop/page.html?q=%E9%86"),
        ("?q=ж", "cp1252", "http://a.example/shop/page.html?q=%26%231078%3B"),
        ("?q=日本#日", "cp932", "http://a.example/shop/page.html?q=%93%FA%96{"),
        ("?q=é'", "utf-16", "http://a.example/shop/page.html?q=%C3%A9%27"),
        ("?q=é", "no such", "http://a.example/shop/page.html?q=%C3%A9"),
    ],
)
def test_an_address_on_a_page(address: str, encoding: str, found: str) -> None:
    assert resolve_url(address, BASE, encoding) == found


@pytest.mark.parametrize("address", ["http://", "http://[bad/", "http://a b/", "http://a:99999/", "\ud800", "//"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError):
        resolve_url(address, BASE)


@given(st.text(max_size=60), st.sampled_from(["utf-8", "gbk", "cp1251", "iso2022_jp", "euc_kr"]))
def test_whatever_is_found_is_ascii_bounded_and_found_again(address: str, encoding: str) -> None:
    try:
        found = resolve_url(address, BASE, encoding)
    except ValueError:
        return
    assert found.isascii()
    assert len(found) <= LONGEST
    assert "#" not in found
    if found.startswith("http"):
        assert resolve_url(found) == found
        assert resolve_url(found, BASE, encoding) == found


def test_an_address_may_be_too_long() -> None:
    with pytest.raises(ValueError, match="too long"):
        resolve_url("/" + "a" * LONGEST, BASE)
    with pytest.raises(ValueError, match="too long"):
        resolve_url("/" + "ä" * (LONGEST // 4), BASE)  # six characters each, in full


def test_a_takedown_means_an_address_however_it_was_copied() -> None:
    rules = with_resolved_addresses(Takedowns(urls=frozenset({"http://A.example/ключ.jpg", "no address"})))
    assert rules.forbid("http://a.example/%D0%BA%D0%BB%D1%8E%D1%87.jpg")
    assert rules.forbid("http://A.example/ключ.jpg")
    assert not rules.forbid("http://a.example/")
