"""Facts of a page that was read: what it leads to and what it states of that, as plain values without the page."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from parsel import Selector
from scrapy.http import Response, TextResponse

from silverprint.adapters.crawl import scrapy_response
from silverprint.adapters.crawl.css_select import MARKUP, select
from silverprint.adapters.crawl.page_bounds import TOO_LARGE, TooLarge
from silverprint.adapters.crawl.page_licenses import License, Licenses, Place
from silverprint.adapters.crawl.page_refusals import Refusals, page_refusals
from silverprint.adapters.crawl.page_text import text_response
from silverprint.config import SIGNALS, Signal
from silverprint.core.licenses import spdx
from silverprint.fetch_result import Answer

_LONGEST_WAIT: Final = 60  # seconds; what waits longer is read, and shown anew
_REFRESH: Final = re.compile(
    r"\s*(\d*)[\d.]*(?:[\s;,]+(?:url\s*=\s*)?(?:\"([^\"]*)|'([^']*)|(\S[^\n]*)))?", re.IGNORECASE
)


def refresh_target(page: Selector) -> str | None:
    """The address, as written, that the page sends its readers on to; None where it does not."""
    for tag in select(page, "meta[http-equiv]"):
        if tag.get("http-equiv").strip().lower() == "refresh":
            found = _REFRESH.match((tag.get("content") or "")[:10_000])
            address = found and (found[2] or found[3] or found[4])
            if found and address and (found[1] or "").isascii() and float(found[1] or 0) <= _LONGEST_WAIT:
                return address.strip()
    return None


class Found(NamedTuple):
    """A picture that a page shows, as far as the page says it: its address as written, perhaps relative to the page's.

    A licence that is said here (SPDX or an address) goes before what the page states by JSON-LD or rel=license.
    """

    address: str
    label: str | None = None
    caption: str | None = None
    license: str | None = None


class Lead(NamedTuple):
    """A picture or a page that a page leads to: its address in full, and what is said of it there."""

    url: str
    license: License
    label: str | None
    caption: str | None


class PageFacts(NamedTuple):
    """
    Attributes:
        where: the page's address, with a hint why it shows nothing; empty where it shows something.
        refusals: of its pictures.
        pictures: that it shows.
        sent_on: where it sends its readers.
        pages: that it links to, if it is a listing page.
        further: listing pages that it links to, likewise.
    """

    where: str
    refusals: Refusals
    pictures: list[Lead]
    sent_on: str | None
    pages: list[Lead] = []  # noqa: RUF012 (never changed)
    further: list[str] = []  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be read.

    Attributes:
        response: with its encoding and a selector.
        markup: the parsed page; of JSON an empty one.
        refusals: of its pictures.
    """

    response: TextResponse
    place: Place
    markup: Selector
    licenses: Licenses
    refusals: Refusals

    @classmethod
    def of(cls, response: Response, agent: str, respect: Container[Signal] = SIGNALS) -> Self | Answer:
        """The page in a response, or why there is none to be read.

        Args:
            respect: signals against training that are obeyed.
        """
        if not scrapy_response.is_page(response):
            return scrapy_response.no_page_answer(response)
        page = text_response(response)
        if isinstance(page, str):
            return scrapy_response.page_answer(response, "failed", page)
        markup = page.selector if page.selector.type in MARKUP else Selector("")
        place = Place(markup, page.url, page.encoding)
        refusals = page_refusals(response, markup, agent, respect)
        try:
            return cls(page, place, markup, Licenses(markup, place), refusals)
        except TooLarge:
            return scrapy_response.page_answer(response, "failed", TOO_LARGE)

    def lead(self, one: Found) -> Lead:
        url = self.place.full(one.address)
        license_ = License(spdx(one.license), "spider") if one.license else self.licenses.of(url)
        return Lead(url, license_, one.label, one.caption)

    def sent_on(self) -> str | None:
        """Where it sends its readers by itself, in full."""
        address = refresh_target(self.markup)
        return None if address is None else self.place.full(address)
