"""Spider: listing pages lead to image pages, those to images; whatever is met becomes a row."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response, TextResponse
from twisted.python.failure import Failure

from silverprint.adapters.crawl import link_extraction, scrapy_response
from silverprint.adapters.crawl.event_loop import LoopShare, WorkerThread
from silverprint.adapters.crawl.labels import element_labels, link_labels, page_label
from silverprint.adapters.crawl.page_facts import Found, Lead, Page, PageFacts
from silverprint.adapters.crawl.page_licenses import absolute_url, links
from silverprint.adapters.crawl.pending import PendingImages
from silverprint.adapters.crawl.requests import LISTING, NOTHING, PAGE, PICTURE, request
from silverprint.adapters.crawl.seen import SeenAddresses
from silverprint.adapters.crawl.selector_report import Findings, hint
from silverprint.adapters.crawl.stop_rules import StopRules
from silverprint.config import WebSource
from silverprint.fetch_result import Answer, Showing
from silverprint.fetching.limits import REDIRECTS
from silverprint.fetching.refusals import DOWN, NoImage
from silverprint.fetching.robots.directives import product
from silverprint.store.intake import Intake, judge_answer

__all__ = ["Found", "ImageSpider", "PictureSpider"]  # what a spider class of a user needs


class ImageSpider(Spider):
    """One crawl of one source.

    A site that three CSS selectors cannot describe has a subclass: `pages`, `listings` and `pictures` say what a
    response leads to, and may be overridden: they are called in a thread beside the loop, one at a time. How it is
    asked for, and what becomes a row, stays as it is.

    Args:
        source: what to follow.
        intake: takes every picture, refusal and failure.
        progress: called with (pictures answered, pictures asked for).
        patience: when it has seen enough.
        findings: what it found, for people.

    Attributes:
        dead_ends: listing pages that the site did not answer for, with the reason; what they lead to was not seen.
        fault: the exception that ended the crawl, if one did.
        why_closed: Scrapy's word for how it ended: finished, shutdown, ...
    """

    name = "pictures"

    def __init__(
        self,
        source: WebSource,
        intake: Intake,
        progress: Callable[[int, int], None],
        patience: StopRules,
        findings: Findings,
    ) -> None:
        super().__init__()
        self._source, self._shown = source, PendingImages(intake, progress)
        self._patience, self._findings = patience, findings
        self._worker = WorkerThread()
        self._agent = product(source.user_agent)
        self._pages = SeenAddresses()  # asked for, listings too
        self.dead_ends: dict[str, str] = {}
        self.fault: BaseException | None = None
        self.why_closed = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "ImageSpider":
        spider: ImageSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_fault, signal=signals.spider_error)
        return spider

    def pages(self, listing: TextResponse) -> Iterable[str]:
        """The addresses of the picture pages that a listing page links to, as written there; of pictures, too."""
        return links(listing.selector, self._source.page)

    def listings(self, listing: TextResponse) -> Iterable[str]:
        """The addresses of further listing pages, as written there."""
        return links(listing.selector, self._source.next)

    def pictures(self, page: TextResponse) -> Iterable[Found]:
        """The pictures on a picture page."""
        label = page_label(page.selector, self._source.label)
        return [
            Found(address, label)
            for address in _once(link_extraction.image_addresses(page.selector, self._source.picture))
        ]

    def pictures_of_listing(self, listing: TextResponse) -> Iterable[Found]:
        """The pictures on a listing page itself, asked for as long as no listing page has linked to picture pages."""
        if type(self).pictures is not ImageSpider.pictures:
            return []  # a subclass knows its picture pages better
        found = link_extraction.image_addresses(listing.selector, self._source.picture)
        labels: dict[str, str] = {}
        for where in filter(None, (self._source.label, self._source.listing_label)):
            labels |= element_labels(listing.selector, found, where)
        return [Found(address, labels.get(address)) for address in _once(found)]

    async def start(self) -> AsyncIterator[Request]:
        for address in self._source.start:
            for asking in self._visit(Showing(absolute_url(address, address)), LISTING):
                yield asking

    def closed(self, reason: str) -> None:
        self.why_closed = reason
        self._worker.close()
        self._shown.close()

    async def on_fault(self, failure: Failure) -> None:
        """Ends the crawl at the first exception in a callback, which Scrapy would only log."""
        if self.fault is None:
            self.fault, self._shown.at_fault = failure.value, True
            await self.crawler.engine.close_spider_async(reason="fault")

    async def on_listing(self, response: Response, asked: Showing) -> AsyncIterator[Request]:
        page = await self._worker(self._read_listing, response)
        if isinstance(page, Answer):
            self._dead_end(asked, page)
            return
        share, found = LoopShare(), page.pictures if self._findings.links == 0 else []
        is_new = await self._is_new(found, share)
        for lead in page.pages:
            await share.yield_if_due()
            is_new = is_new or lead.url not in self._pages
            way = {"license": lead.license, "refusal": page.refusals.of(lead.url)}
            for request_ in self._visit(Showing(lead.url, response.url, source_label=lead.label), PAGE, way):
                yield request_
        async for request_ in self._pictures(found, page, asked, share):
            yield request_
        barren = 0 if is_new else response.meta["way"].get("barren", 0) + 1
        on = self._sent_on(page, response, asked, LISTING) if not page.pages and not found else []
        start = asked.url if asked.page_url is None else None
        self._findings.listing(page.where, start, len(page.pages), len(found), len(page.further) + len(on))
        for request_ in on:
            yield request_
        if page.further and self._patience.follows(response.url, barren):
            for address in page.further:
                await share.yield_if_due()
                for request_ in self._visit(Showing(address, response.url), LISTING, {"barren": barren}):
                    yield request_

    async def on_page(self, response: Response, asked: Showing) -> AsyncIterator[Request]:
        if await self._is_picture(response, asked):
            return
        page = await self._worker(self._read_page, response)
        if isinstance(page, Answer):
            self._shown.take(asked, page)
            return
        share, on = LoopShare(), [] if page.pictures else self._sent_on(page, response, asked, PAGE)
        for request_ in on:
            yield request_
        if page.pictures:
            self._findings.page(page.where, len(page.pictures))
            self._patience.shown(response.url, await self._is_new(page.pictures, share))
            async for request_ in self._pictures(page.pictures, page, asked, share):
                yield request_
        elif not on:
            self._findings.page(page.where, 0)
            self._shown.take(asked, scrapy_response.page_answer(response, "failed", "no-picture"))

    async def on_picture(self, response: Response, asked: Showing) -> None:
        self._shown.settle(asked.url, await self._answer(response, asked))

    async def _answer(self, response: Response, asked: Showing) -> Answer:
        """What came back for a picture; whatever it holds, the reactor goes on meanwhile."""
        answer = scrapy_response.image_answer(response, self._agent, self._shown.validators(asked.url))
        return (
            answer
            if answer.data is None
            else await asyncio.to_thread(judge_answer, answer, asked.url, self._source.respect)
        )

    def on_lost_listing(self, failure: Failure) -> None:
        self._dead_end(*scrapy_response.failure_answer(failure))

    def on_lost_page(self, failure: Failure) -> None:
        self._shown.take(*scrapy_response.failure_answer(failure))

    def on_lost_picture(self, failure: Failure) -> None:
        asked, answer = scrapy_response.failure_answer(failure)
        self._shown.settle(asked.url, answer)

    def _read_listing(self, response: Response) -> PageFacts | Answer:
        """What a listing page leads to, or why it cannot be read; beside the loop, as `_read_page`."""
        page = Page.of(response, self._agent, self._source.respect)
        if isinstance(page, Answer):
            return page
        labels = link_labels(page.response.selector, self._source.page, self._source.listing_label)
        pages = [page.lead(Found(address, labels.get(address))) for address in self.pages(page.response)]
        further = [page.place.full(address) for address in self.listings(page.response)]
        has_pages = bool(pages) or self._findings.links > 0
        found = [] if has_pages else list(map(page.lead, self.pictures_of_listing(page.response)))
        where = "" if pages or found else hint(page.response)
        return PageFacts(where, page.refusals, found, page.sent_on(), pages, further)

    def _read_page(self, response: Response) -> PageFacts | Answer:
        """What a picture page shows."""
        page = Page.of(response, self._agent, self._source.respect)
        if isinstance(page, Answer):
            return page
        found = list(map(page.lead, self.pictures(page.response)))
        return PageFacts("" if found else hint(page.response), page.refusals, found, page.sent_on())

    async def _is_new(self, found: Iterable[Lead], share: LoopShare) -> bool:
        """Whether one of them was not met before."""
        for one in found:
            await share.yield_if_due()
            if not self._shown.met(one.url):
                return True
        return False

    async def _pictures(
        self, found: Iterable[Lead], page: PageFacts, asked: Showing, share: LoopShare
    ) -> AsyncIterator[Request]:
        for one in found:
            await share.yield_if_due()
            showing = Showing(one.url, asked.url, *one.license, one.label or asked.source_label, one.caption)
            if (refusal := page.refusals.of(one.url)) is not None:
                self._shown.take(showing, refusal)
            else:
                for request_ in self._fetch(showing):
                    yield request_

    async def _is_picture(self, response: Response, asked: Showing) -> bool:
        """Takes what a link led to straight, if that is a picture: it has the licence of the page that links to it."""
        if not scrapy_response.is_image(response, self._shown.validators(asked.url)):
            return False
        way = response.meta["way"]
        answer = way["refusal"] or await self._answer(response, asked)
        license_, evidence = way["license"]
        self._findings.page("", 1)
        self._shown.found(asked._replace(license=license_, license_evidence=evidence), answer)
        return True

    def _sent_on(self, page: PageFacts, response: Response, asked: Showing, priority: int) -> list[Request]:
        """The request for where a page without anything sends its readers."""
        way: dict[str, Any] = response.meta["way"]
        if page.sent_on is None or way.get("hops", 0) >= REDIRECTS:
            return []
        further = asked._replace(url=page.sent_on)
        return list(self._visit(further, priority, way | {"hops": way.get("hops", 0) + 1}))

    def _dead_end(self, listing: Showing, answer: Answer) -> None:
        """A listing page that is not there is a row; a site that is not there, or has no first page, is an error."""
        is_first = listing.page_url is None
        if is_first and answer.reason is not None:
            self._findings.refused[listing.url] = answer.reason
        if answer.reason is not None and (answer.reason in DOWN or (is_first and answer.outcome == "failed")):
            self.dead_ends[listing.url] = answer.reason
        else:
            self._shown.take(listing, answer)

    def _visit(self, page: Showing, priority: int, way: Mapping[str, Any] = NOTHING) -> Iterator[Request]:
        if page.url in self._pages or not self._patience.may_ask():
            return
        self._pages.add(page.url)
        is_listing = priority == LISTING
        back = self.on_listing if is_listing else self.on_page
        lost = self.on_lost_listing if is_listing else self.on_lost_page
        known = None if is_listing else self._shown.validators(page.url)  # a link may have led straight to a picture
        try:
            yield request(page, priority, back, lost, known, way)
        except NoImage as why:
            answer = Answer(why.outcome, why.reason)
            self._dead_end(page, answer) if is_listing else self._shown.take(page, answer)

    def _fetch(self, showing: Showing) -> Iterator[Request]:
        if self._shown.must_ask(showing):
            known = self._shown.validators(showing.url)
            try:
                yield request(showing, PICTURE, self.on_picture, self.on_lost_picture, known)
            except NoImage as why:
                self._shown.settle(showing.url, Answer(why.outcome, why.reason))


def _once(found: Iterable[tuple[Any, str]]) -> list[str]:
    """The addresses, each once, in their order."""
    return list(dict.fromkeys(address for _, address in found))


PictureSpider = ImageSpider  # its earlier name, by which spiders of users may still import it
