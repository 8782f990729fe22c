"""Back-off for a busy host: it is left alone for as long as it asks, whatever else is queued for it."""

from time import monotonic
from typing import Self

from scrapy import signals
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from silverprint.fetching.rate_limit import BUSY, rest_s


class Backoff:
    """Extension: after an answer of BUSY, what waits for its turn at the host waits for that, too.

    AutoThrottle keeps time between two requests, and Scrapy counts it from when the host was last asked (by the
    monotonic clock): so that is put into the future.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.on_response, signal=signals.response_downloaded)
        return extension

    def on_response(self, response: Response, request: Request) -> None:
        if response.status in BUSY:
            retry_after = response.headers.get("Retry-After")
            seconds = rest_s(None if retry_after is None else retry_after.decode("latin-1"))
            slot = self._crawler.engine.downloader.slots[request.meta[Downloader.DOWNLOAD_SLOT]]
            slot.lastseen = max(slot.lastseen, monotonic() + seconds)
