"""The crawl's course: listing pages lead to picture pages, those to pictures; whatever is met becomes a row."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, NamedTuple

from parsel import Selector
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response, TextResponse
from twisted.python.failure import Failure

from silverprint.adapters.crawl import answers
from silverprint.adapters.crawl.asking import LISTING, PAGE, PICTURE, request
from silverprint.adapters.crawl.labels import of_links, of_page
from silverprint.adapters.crawl.memory import Addresses
from silverprint.adapters.crawl.page import License, Licenses, absolute, links, meta_forbids
from silverprint.adapters.crawl.pictures import Pictures
from silverprint.config import WebSource
from silverprint.fetching.directives import product
from silverprint.fetching.reasons import DOWN, NoPicture
from silverprint.store.intake import Answer, Intake, Showing, judged
from silverprint.store.licenses import spdx

_MARKUP = ("html", "xml")  # of a page; JSON states neither robots directives nor licences


class Found(NamedTuple):
    """A picture that a page shows, as far as the page says it: its address as written, perhaps relative to the page's.

    A licence that is said here (SPDX or an address) goes before what the page states by JSON-LD or rel=license.
    """

    address: str
    label: str | None = None
    caption: str | None = None
    license: str | None = None


class PictureSpider(Spider):
    """One crawl of one source.

    A site that three CSS selectors cannot describe has a subclass: `pages`, `listings` and `pictures` say what a
    response leads to, and may be overridden. How it is asked for, and what becomes a row, stays as it is.

    Args:
        source: what to follow.
        intake: takes every picture, refusal and failure.
        progress: called with (pictures answered, pictures asked for).

    Attributes:
        dead_ends: listing pages that the site did not answer for, with the reason; what they lead to was not seen.
        fault: the exception that ended the crawl, if one did.
        why_closed: Scrapy's word for how it ended: finished, shutdown, ...
    """

    name = "pictures"

    def __init__(self, source: WebSource, intake: Intake, progress: Callable[[int, int], None]) -> None:
        super().__init__()
        self._source, self._shown = source, Pictures(intake, progress)
        self._agent = product(source.user_agent)
        self._pages = Addresses()  # asked for, listings too
        self.dead_ends: dict[str, str] = {}
        self.fault: BaseException | None = None
        self.why_closed = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "PictureSpider":
        spider: PictureSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_fault, signal=signals.spider_error)
        return spider

    def pages(self, listing: TextResponse) -> Iterable[str]:
        """The addresses of the picture pages that a listing page links to, as written there."""
        return links(listing.selector, self._source.page)

    def listings(self, listing: TextResponse) -> Iterable[str]:
        """The addresses of further listing pages, as written there."""
        return links(listing.selector, self._source.next)

    def pictures(self, page: TextResponse) -> Iterable[Found]:
        """The pictures on a picture page."""
        label = of_page(page.selector, self._source.label)
        return [Found(address, label) for address in links(page.selector, self._source.picture)]

    async def start(self) -> AsyncIterator[Request]:
        for address in self._source.start:
            for asking in self._visit(Showing(address), LISTING):
                yield asking

    def closed(self, reason: str) -> None:
        self.why_closed = reason
        self._shown.close()

    async def on_fault(self, failure: Failure) -> None:
        """Ends the crawl at the first exception in a callback, which Scrapy would only log."""
        if self.fault is None:
            self.fault, self._shown.at_fault = failure.value, True
            await self.crawler.engine.close_spider_async(reason="fault")

    def on_listing(self, response: Response, asked: Showing) -> Iterator[Request]:
        if not answers.is_page(response):
            self._dead_end(asked, answers.no_page(response))
            return
        labels = of_links(response.selector, self._source.page, self._source.listing_label)
        for address in self.pages(response):
            page = Showing(absolute(response.url, address), response.url, source_label=labels.get(address))
            yield from self._visit(page, PAGE)
        for address in self.listings(response):
            yield from self._visit(Showing(absolute(response.url, address), response.url), LISTING)

    def on_page(self, response: Response, asked: Showing) -> Iterator[Request]:
        if not answers.is_page(response):
            self._shown.take(asked, answers.no_page(response))
            return
        found = list(self.pictures(response))
        if not found:
            self._shown.take(asked, answers.page(response, "failed", "no-picture"))
        refusal = answers.header_refusal(response, self._agent)
        markup = response.selector if response.selector.type in _MARKUP else Selector("")
        if refusal is None and meta_forbids(markup, self._agent):
            refusal = answers.page(response, "refused", "meta-robots")
        licenses = Licenses(markup, response.url)
        for one in found:
            url = absolute(response.url, one.address)
            license_ = License(spdx(one.license), "spider") if one.license else licenses.of(url)
            showing = Showing(url, asked.url, *license_, one.label or asked.source_label, one.caption)
            if refusal is not None:
                self._shown.take(showing, refusal)
            else:
                yield from self._fetch(showing)

    async def on_picture(self, response: Response, asked: Showing) -> None:
        answer = answers.picture(response, self._agent, self._shown.validators(asked.url))
        if answer.data is not None:  # whatever it holds, the reactor goes on meanwhile
            answer = await asyncio.to_thread(judged, answer)
        self._shown.settle(asked.url, answer)

    def on_lost_listing(self, failure: Failure) -> None:
        self._dead_end(*answers.lost(failure))

    def on_lost_page(self, failure: Failure) -> None:
        self._shown.take(*answers.lost(failure))

    def on_lost_picture(self, failure: Failure) -> None:
        asked, answer = answers.lost(failure)
        self._shown.settle(asked.url, answer)

    def _dead_end(self, listing: Showing, answer: Answer) -> None:
        """A listing page that is not there is a row; a site that is not there, or has no first page, is an error."""
        is_first = listing.page_url is None
        if answer.reason is not None and (answer.reason in DOWN or (is_first and answer.outcome == "failed")):
            self.dead_ends[listing.url] = answer.reason
        else:
            self._shown.take(listing, answer)

    def _visit(self, page: Showing, priority: int) -> Iterator[Request]:
        if self._pages.add(page.url):
            is_listing = priority == LISTING
            back = (self.on_listing, self.on_lost_listing) if is_listing else (self.on_page, self.on_lost_page)
            try:
                yield request(page, priority, *back)
            except NoPicture as why:
                self._shown.take(page, Answer(why.outcome, why.reason))

    def _fetch(self, showing: Showing) -> Iterator[Request]:
        if self._shown.must_ask(showing):
            known = self._shown.validators(showing.url)
            try:
                yield request(showing, PICTURE, self.on_picture, self.on_lost_picture, known)
            except NoPicture as why:
                self._shown.settle(showing.url, Answer(why.outcome, why.reason))
