"""Scrapy middleware that never requests what was taken down: no page, no image, no redirect to one."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request

from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.refusals import Refused


class TakedownMiddleware:
    """Downloader middleware: refuses addresses that the list of takedowns names, before their host is spoken to."""

    def __init__(self, takedowns: Takedowns) -> None:
        self._takedowns = takedowns

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings["TAKEDOWNS"])

    async def process_request(self, request: Request) -> None:
        if self._takedowns.forbid(request.url):
            raise Refused("taken-down")
