"""The crawl's course: listing pages lead to picture pages, those to pictures; whatever is met becomes a row."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeGuard

from parsel import Selector
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response, TextResponse
from twisted.python.failure import Failure

from silverprint.adapters.crawl import answers
from silverprint.adapters.crawl.labels import of_links, of_page
from silverprint.adapters.crawl.page import License, Licenses, absolute, links, meta_forbids
from silverprint.config import WebSource
from silverprint.fetching.addresses import target
from silverprint.fetching.directives import product
from silverprint.fetching.reasons import DOWN, Refused
from silverprint.store.intake import Answer, Intake, Showing
from silverprint.store.licenses import spdx

_MARKUP = ("html", "xml")  # of a page; JSON states neither robots directives nor licences
_LISTING, _PAGE, _PICTURE = 0, 1, 2  # priorities: what was found is fetched before more is looked for


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
        self._source, self._intake, self._progress = source, intake, progress
        self._agent = product(source.user_agent)
        self._pages: set[str] = set()  # asked for, listings too
        self._asked: dict[str, list[Showing]] = {}  # by the address of a picture without an answer yet
        self._answers: dict[str, Answer] = {}  # by the address of a picture
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
            for request in self._visit(Showing(address), _LISTING):
                yield request

    def closed(self, reason: str) -> None:
        self.why_closed = reason

    async def on_fault(self, failure: Failure) -> None:
        """Ends the crawl at the first exception in a callback, which Scrapy would only log."""
        if self.fault is None:
            self.fault = failure.value
            await self.crawler.engine.close_spider_async(reason="fault")

    def on_listing(self, response: Response, asked: Showing) -> Iterator[Request]:
        if not _readable(response):
            self._dead_end(asked, answers.page(response, "failed", _why_unreadable(response)))
            return
        labels = of_links(response.selector, self._source.page, self._source.listing_label)
        for address in self.pages(response):
            page = Showing(absolute(response.url, address), response.url, source_label=labels.get(address))
            yield from self._visit(page, _PAGE)
        for address in self.listings(response):
            yield from self._visit(Showing(absolute(response.url, address), response.url), _LISTING)

    def on_page(self, response: Response, asked: Showing) -> Iterator[Request]:
        if not _readable(response):
            self._take(asked, answers.page(response, "failed", _why_unreadable(response)))
            return
        shown = list(self.pictures(response))
        if not shown:
            self._take(asked, answers.page(response, "failed", "no-picture"))
        refusal = answers.header_refusal(response, self._agent)
        markup = response.selector if response.selector.type in _MARKUP else Selector("")
        if refusal is None and meta_forbids(markup, self._agent):
            refusal = answers.page(response, "refused", "meta-robots")
        licenses = Licenses(markup, response.url)
        for one in shown:
            url = absolute(response.url, one.address)
            license_ = License(spdx(one.license), "spider") if one.license else licenses.of(url)
            showing = Showing(url, asked.url, *license_, one.label or asked.source_label, one.caption)
            if refusal is not None:
                self._take(showing, refusal)
            else:
                yield from self._fetch(showing)

    def on_picture(self, response: Response, asked: Showing) -> None:
        self._settle(asked.url, answers.picture(response, self._agent, self._intake.validators(asked.url)))

    def on_lost_listing(self, failure: Failure) -> None:
        self._dead_end(*_lost(failure))

    def on_lost_page(self, failure: Failure) -> None:
        self._take(*_lost(failure))

    def on_lost_picture(self, failure: Failure) -> None:
        asked, answer = _lost(failure)
        self._settle(asked.url, answer)

    def _dead_end(self, listing: Showing, answer: Answer) -> None:
        """A listing page that is not there is a row; a site that is not there, or has no first page, is an error."""
        is_first = listing.page_url is None
        if answer.reason is not None and (answer.reason in DOWN or (is_first and answer.outcome == "failed")):
            self.dead_ends[listing.url] = answer.reason
        else:
            self._take(listing, answer)

    def _visit(self, page: Showing, priority: int) -> Iterator[Request]:
        if page.url in self._pages:
            return
        self._pages.add(page.url)
        callbacks = (self.on_page, self.on_lost_page) if priority == _PAGE else (self.on_listing, self.on_lost_listing)
        yield from self._request(page, *callbacks, priority)

    def _fetch(self, showing: Showing) -> Iterator[Request]:
        if showing.url in self._answers:
            self._take(showing, self._answers[showing.url])
        elif showing.url in self._asked:
            self._asked[showing.url].append(showing)
        elif (answer := self._intake.finished(showing.url)) is not None:
            self._answers[showing.url] = self._take(showing, answer)
        else:
            self._asked[showing.url] = [showing]
            yield from self._request(showing, self.on_picture, self.on_lost_picture, _PICTURE)
        self._tell()

    def _request(
        self, asked: Showing, callback: Callable[..., Any], errback: Callable[[Failure], None], priority: int
    ) -> Iterator[Request]:
        headers = {}
        if priority == _PICTURE and (known := self._intake.validators(asked.url)):
            headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        try:
            target(asked.url)
            request = Request(
                asked.url,
                callback=callback,
                errback=errback,
                cb_kwargs={"asked": asked},
                headers={name: value for name, value in headers.items() if value},
                priority=priority,
                dont_filter=True,  # Scrapy's own filter would drop a redirect to a known address without a word
            )
        except Refused as refusal:
            self._asked.pop(asked.url, None)
            self._take(asked, Answer("refused", refusal.reason))
        except ValueError:
            self._asked.pop(asked.url, None)
            self._take(asked, Answer("failed", "bad-url"))
        else:
            yield request

    def _settle(self, url: str, answer: Answer) -> None:
        for showing in self._asked.pop(url):
            answer = self._take(showing, answer)
        self._answers[url] = answer
        self._tell()

    def _take(self, showing: Showing, answer: Answer) -> Answer:
        return answer if self.fault else self._intake.take(showing, answer)

    def _tell(self) -> None:
        self._progress(len(self._answers), len(self._answers) + len(self._asked))


def _readable(response: Response) -> TypeGuard[TextResponse]:
    return response.status == 200 and isinstance(response, TextResponse)


def _why_unreadable(response: Response) -> str:
    return "not-a-page" if response.status == 200 else f"http-{response.status}"


def _lost(failure: Any) -> tuple[Showing, Answer]:
    request: Request = failure.request
    return request.cb_kwargs["asked"], answers.lost(request, failure.value)
