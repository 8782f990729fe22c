"""Report of each selector's hits and misses, for whoever has to fix the selectors."""

import re
from typing import Final
from urllib.parse import urlsplit

from scrapy.http import Response

from silverprint.adapters.crawl.css_select import MARKUP, select
from silverprint.adapters.crawl.scrapy_response import is_page
from silverprint.config import WebSource

_SHELL: Final = 200  # characters of text below which a page with scripts is empty without them
_CONSENT: Final = re.compile(r"\b(cookies?\b|consent|gdpr|dsgvo|datenschutz|einwilligung|zustimm)", re.IGNORECASE)
_LOOKED_AT: Final = 20_000  # characters of text: a page that asks for consent is short


class Findings:
    """
    Args:
        name: key of the source in params.yaml.
        source: its selectors.

    Attributes:
        listings, pages, links, pictures: how many were read, and found there.
        refused: start pages that could not be read, with the reason.
        bare: start pages that were read and led nowhere, with a hint.
    """

    def __init__(self, name: str, source: WebSource) -> None:
        self._name, self._source = name, source
        self.listings = self.pages = self.links = self.pictures = 0
        self.refused: dict[str, str] = {}
        self.bare: dict[str, str] = {}
        self._without_links = self._without_pictures = ""  # the first page without any, with a hint

    def listing(self, where: str, start: str | None, links: int, pictures: int, further: int) -> None:
        """Notes what a listing page led to.

        Args:
            where: as `hint` has it.
            start: its address, if it is a start page.
        """
        self.listings += 1
        self.links += links
        self.pictures += pictures
        if not links and not pictures:
            self._without_links = self._without_links or where
            if start is not None and not further:
                self.bare[start] = where

    def page(self, where: str, pictures: int) -> None:
        """Notes how many pictures a picture page shows; `where` as `hint` has it."""
        self.pages += 1
        self.pictures += pictures
        if not pictures and not self._without_pictures:
            self._without_pictures = where

    def nothing(self) -> str | None:
        """Which selector found nothing, where, in how many pages, and why perhaps; None where pictures were found."""
        if self.pictures:
            return None
        if self._without_pictures:
            return (
                f"{self._said('picture')} found nothing {self._without_pictures} ({_pages(self.pages, 'picture page')})"
            )
        if self._without_links and not self.links:
            both = [self._said(knob) for knob in ("page", "picture") if knob == "picture" or self._source.page]
            return f"{' and '.join(both)} found nothing {self._without_links} ({_pages(self.listings, 'listing page')})"
        return None

    def _said(self, knob: str) -> str:
        selector = getattr(self._source, knob)
        return f"sources.{self._name}.{knob} = {selector!r}" if selector else f"sources.{self._name}.spider"


def _pages(count: int, what: str) -> str:
    return f"{count} {what} read" if count == 1 else f"{count} {what}s read"


def hint(response: Response) -> str:
    """Where a page is that shows nothing, and what a person would see there that explains it."""
    return f"at {response.url}{_seen(response)}"


def _seen(response: Response) -> str:
    if not is_page(response) or response.selector.type not in MARKUP:
        return ""
    root, text, length = response.selector, list[str](), 0
    for element in select(root, "body *, title, body"):
        if element.tag not in ("script", "style", "noscript", "template"):
            piece = " ".join(((element.text or "") + " " + (element.tail or "")).split())
            text.append(piece)
            length += len(piece)
        if length > _LOOKED_AT:
            return ""
    if _CONSENT.search(" ".join(text)) or "consent" in urlsplit(response.url).path:
        cookies = "set the cookie that it leaves in a browser in sources.<name>.cookies"
        return f", a page that asks for consent to cookies first ({cookies})"
    if length < _SHELL and select(root, "script"):
        return ", a page that is empty without scripts (a spider may ask what its scripts ask: silverprint docs crawls)"
    return ""
