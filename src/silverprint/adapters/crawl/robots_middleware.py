"""Scrapy middleware for robots.txt and the files beside it: asked for once per host, and kept with each request."""

import asyncio
from functools import partial
from typing import NamedTuple, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from silverprint.adapters.crawl.decompress_middleware import DecompressMiddleware
from silverprint.adapters.crawl.failures import explain
from silverprint.adapters.crawl.requests import IS_PICTURE
from silverprint.config import Signal
from silverprint.core.reservations import RESERVED, forbid
from silverprint.fetching import reservations, robots
from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.rate_limit import RateLimit
from silverprint.fetching.refusals import Failed, NoImage, Refused
from silverprint.fetching.robots.directives import product

DECISION = "robots"  # key of Request.meta: allowed | disallowed | none
SAID = "said"  # key of Request.meta: Statements of the site about training, then those of the answer's head, too
_RECEIVED = "robots_received"  # key of Request.meta: bytes of such a file that have arrived


class _Site(NamedTuple):
    rules: robots.Rules
    files: list[reservations.SiteFile | None]


class RobotsMiddleware:
    """Downloader middleware. Unlike Scrapy's, it tells a refusal from no rules at all, and asks nothing of a host whose
    robots.txt answers with a server error or not at all. A host gets the time between requests that it wants, too.

    A picture that the site's files reserve is not asked for; a page is, and its pictures are refused one by one."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = product(crawler.settings["USER_AGENT"])
        self._respect: tuple[Signal, ...] = crawler.settings["RESPECT"]
        self._sites: dict[str, asyncio.Task[_Site]] = {}
        self._pace = RateLimit()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.on_bytes, signal=signals.bytes_received)
        return middleware

    def on_bytes(self, data: bytes, request: Request) -> None:
        """Hears of every piece of every body; of such a file no more is read than counts."""
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
        request.meta[SAID] = ()
        rules, files = await self._site(origin, parts.hostname or "")
        request.meta[DECISION] = robots.decide(rules, request.url, self._agent)
        if request.meta[DECISION] == "disallowed":
            raise Refused("robots")
        request.meta[SAID] = reservations.of_site(rules, files, request.url, self._agent, self._respect)
        if request.meta.get(IS_PICTURE) and forbid(request.meta[SAID]):
            raise Refused(RESERVED)
        await self._pace.turn(parts.hostname or "", robots.delay(rules, self._agent))

    async def process_response(self, request: Request, response: Response) -> Response:
        if _RECEIVED not in request.meta:
            found = reservations.of_head(partial(header_values, response), self._agent, self._respect)
            request.meta[SAID] = (*request.meta[SAID], *found)
        return response

    async def _site(self, origin: str, host: str) -> _Site:
        if origin not in self._sites:
            self._sites[origin] = asyncio.ensure_future(self._fetch_site(origin, host))
        return await asyncio.shield(self._sites[origin])

    async def _fetch_site(self, origin: str, host: str) -> _Site:
        rules = robots.rules(*await self._fetch(f"{origin}/robots.txt"))
        files = [await self._file(origin, host, rules, signal) for signal in reservations.wanted(self._respect)]
        return _Site(rules, files)

    async def _file(self, origin: str, host: str, rules: robots.Rules, signal: Signal) -> reservations.SiteFile | None:
        """A file beside robots.txt; None where there is none, or it may not be asked for, or does not come."""
        address = origin + reservations.FILES[signal][0]
        if robots.decide(rules, address, self._agent) == "disallowed":
            return None
        await self._pace.turn(host, robots.delay(rules, self._agent))
        try:
            return reservations.site_file(signal, *await self._fetch(address))
        except NoImage:
            return None

    async def _fetch(self, address: str) -> tuple[int, bytes]:
        """The status and the body, as far as it counts, of a file about the site.

        Raises:
            NoImage: it does not come.
        """
        meta = {_RECEIVED: 0, DecompressMiddleware.CUTS: ROBOTS_BYTES + 1, "download_maxsize": 0}
        request = Request(address, priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response: Response = await self._crawler.engine.download_async(request)
        except Exception as error:
            outcome, reason = explain(error)
            if reason in robots.NOWHERE:
                raise Failed("robots-unreachable") from error
            raise (Refused if outcome == "refused" else Failed)(reason) from error
        return response.status, response.body[: ROBOTS_BYTES + 1]


def header_values(response: Response, name: str) -> tuple[str, ...]:
    """A header as text, decoded as in `fetching.http.response_head`."""
    return tuple(value.decode("utf-8", "surrogateescape") for value in response.headers.getlist(name))
