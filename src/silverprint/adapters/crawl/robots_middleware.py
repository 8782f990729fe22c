"""Scrapy middleware for robots.txt: asked for once per host, its decision kept with every request."""

import asyncio
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from silverprint.adapters.crawl.decompress_middleware import DecompressMiddleware
from silverprint.adapters.crawl.failures import explain
from silverprint.fetching import robots
from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.rate_limit import RateLimit
from silverprint.fetching.refusals import Failed, Refused
from silverprint.fetching.robots.directives import product

DECISION = "robots"  # key of Request.meta: allowed | disallowed | none
_RECEIVED = "robots_received"  # key of Request.meta: bytes of a robots.txt that have arrived


class RobotsMiddleware:
    """Downloader middleware. Unlike Scrapy's, it tells a refusal from no rules at all, and asks nothing of a host whose
    robots.txt answers with a server error or not at all. A host gets the time between requests that it wants, too."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = product(crawler.settings["USER_AGENT"])
        self._rules: dict[str, asyncio.Task[robots.Rules]] = {}
        self._pace = RateLimit()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.on_bytes, signal=signals.bytes_received)
        return middleware

    def on_bytes(self, data: bytes, request: Request) -> None:
        """Hears of every piece of every body; of a robots.txt no more is read than counts."""
        if _RECEIVED in request.meta:
            request.meta[_RECEIVED] += len(data)
            if request.meta[_RECEIVED] > ROBOTS_BYTES:
                raise StopDownload(fail=False)

    async def process_request(self, request: Request) -> None:
        if _RECEIVED in request.meta:
            request.meta[_RECEIVED] = 0  # each redirect and each retry starts from 0
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        rules = await self._rules_of(origin)
        request.meta[DECISION] = robots.decide(rules, request.url, self._agent)
        if request.meta[DECISION] == "disallowed":
            raise Refused("robots")
        await self._pace.turn(parts.hostname or "", robots.delay(rules, self._agent))

    async def _rules_of(self, origin: str) -> robots.Rules:
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._fetch(f"{origin}/robots.txt"))
        return await asyncio.shield(self._rules[origin])

    async def _fetch(self, address: str) -> robots.Rules:
        meta = {_RECEIVED: 0, DecompressMiddleware.CUTS: ROBOTS_BYTES + 1, "download_maxsize": 0}
        request = Request(address, priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response: Response = await self._crawler.engine.download_async(request)
        except Exception as error:
            outcome, reason = explain(error)
            if reason in robots.NOWHERE:
                raise Failed("robots-unreachable") from error
            raise (Refused if outcome == "refused" else Failed)(reason) from error
        return robots.rules(response.status, response.body[: ROBOTS_BYTES + 1])
