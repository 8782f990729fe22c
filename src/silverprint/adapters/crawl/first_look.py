"""First look at a site: its first listing page, and one of the pages that it links to, by the rules of a crawl.

Only once per process, as a crawl: Twisted's reactor cannot be started again.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request, Response

from silverprint.adapters.crawl import link_extraction, scrapy_response, selector_proposal
from silverprint.adapters.crawl.closing_summary import refused_page
from silverprint.adapters.crawl.page_facts import Page
from silverprint.adapters.crawl.page_licenses import absolute_url, links
from silverprint.adapters.crawl.requests import LISTING, PAGE, request
from silverprint.adapters.crawl.selector_report import hint
from silverprint.adapters.crawl.settings import settings
from silverprint.config import WebSource
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.errors import UnavailableError
from silverprint.fetch_result import Answer, Showing
from silverprint.fetching.refusals import NoImage
from silverprint.fetching.robots.directives import product

_LONGEST: Final = 60  # seconds, for both pages together
_LARGEST: Final = 5_000_000  # bytes of a page


class Selectors(NamedTuple):
    """Of a site, as `WebSource` has them; None where there is none."""

    next: str | None = None
    page: str | None = None
    picture: str | None = None


@dataclass
class Look:
    """
    Attributes:
        selectors: those that were given, the others as proposed.
        links: picture pages that the listing page links to.
        pictures: on the listing page, or on the first picture page.
        where: the page that shows none, with what explains it.
        refused: address -> why it could not be read.
    """

    selectors: Selectors
    links: int = 0
    pictures: int = 0
    where: str = ""
    refused: dict[str, str] = field(default_factory=dict)


def look(name: str, source: WebSource, given: Selectors) -> Look:
    """Looks at the first page of `source`; selectors that are `given` are used, the others are proposed.

    Raises:
        UnavailableError: the page cannot be had; the message names the knob that helps.
    """
    limits = {"DOWNLOAD_MAXSIZE": min(source.max_bytes, _LARGEST), "CLOSESPIDER_TIMEOUT": _LONGEST, "RETRY_TIMES": 0}
    process = AsyncCrawlerProcess(settings(source, Takedowns(), {}) | limits)
    found = Look(given)
    process.crawl(process.create_crawler(_Visit), source, found)
    process.start()
    first = absolute_url(source.start[0], source.start[0])
    if first in found.refused:
        raise refused_page(name, source, first, found.refused[first])
    if not found.links and not found.pictures and not found.where:
        raise UnavailableError(f"sources.{name}: {first}", f"it was not read in {_LONGEST} s", "look at the address")
    return found


class _Visit(Spider):
    name = "first-look"

    def __init__(self, source: WebSource, found: Look, **_: Any) -> None:
        super().__init__()
        self._first, self._found, self._agent = source.start[0], found, product(source.user_agent)

    async def start(self) -> AsyncIterator[Request]:
        for asking in self._ask(absolute_url(self._first, self._first), LISTING):
            yield asking

    def on_listing(self, response: Response, asked: Showing) -> list[Request]:
        page = self._read(response, asked)
        if page is None:
            return []
        found, markup = self._found, page.response.selector
        selectors = found.selectors._replace(
            next=found.selectors.next or selector_proposal.next_page(markup),
            page=found.selectors.page or selector_proposal.picture_pages(markup, response.url),
        )
        pages = links(markup, selectors.page)
        if pages:
            found.selectors, found.links, found.where = selectors, len(pages), hint(response)
            return self._ask(page.place.full(pages[0]), PAGE)
        self._shows(page, selectors._replace(page=None), repeated=True)
        return []

    def on_page(self, response: Response, asked: Showing) -> None:
        if scrapy_response.is_image(response, None):  # the links lead to pictures straight
            self._found.selectors = self._found.selectors._replace(picture=self._found.selectors.picture or "img")
            self._found.pictures = 1
        elif (page := self._read(response, asked)) is not None:
            self._shows(page, self._found.selectors, repeated=False)

    def on_lost(self, failure: Any) -> None:
        asked, answer = scrapy_response.failure_answer(failure)
        self._refuse(asked, answer)

    def _ask(self, address: str, priority: int) -> list[Request]:
        back = self.on_listing if priority == LISTING else self.on_page
        try:
            return [request(Showing(address), priority, back, self.on_lost)]
        except NoImage as why:
            self._found.refused[address] = why.reason or why.outcome
            return []

    def _read(self, response: Response, asked: Showing) -> Page | None:
        page = Page.of(response, self._agent)
        if isinstance(page, Answer):
            self._refuse(asked, page)
            return None
        if page.refusals.everywhere is not None:
            self._refuse(asked, page.refusals.everywhere)
            return None
        return page

    def _refuse(self, asked: Showing, answer: Answer) -> None:
        self._found.refused[asked.url] = answer.reason or answer.outcome
        self._found.where = self._found.where or f"at {asked.url} ({answer.reason})"

    def _shows(self, page: Page, selectors: Selectors, *, repeated: bool) -> None:
        markup = page.response.selector
        picture = selectors.picture or selector_proposal.pictures(markup, repeated=repeated)
        addresses = {address for _, address in link_extraction.image_addresses(markup, picture)}
        self._found.selectors, self._found.pictures = selectors._replace(picture=picture), len(addresses)
        self._found.where = "" if addresses else hint(page.response)
