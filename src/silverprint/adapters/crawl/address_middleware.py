"""Scrapy middleware that checks every address before it is requested, redirects too."""

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.utils.defer import maybe_deferred_to_future

from silverprint.fetching.address_guard import AddressPolicy, literal, target
from silverprint.fetching.refusals import Failed, Refused


class AddressMiddleware:
    """Downloader middleware: refuses schemes other than http(s), and private hosts that are not allowed by host:port.

    The name is resolved through Scrapy's own cache, which the connection then uses, so that a second answer of the name
    server cannot lead elsewhere.
    """

    def __init__(self, reach: AddressPolicy) -> None:
        self._reach = reach

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(AddressPolicy(crawler.settings.getlist("ALLOW_PRIVATE")))

    async def process_request(self, request: Request) -> None:
        try:
            asked = target(request.url)
        except ValueError:
            raise Failed("bad-url") from None
        if self._reach.allows(asked):
            return
        if not self._reach.permits(asked, literal(asked.host) or await _resolve(asked.host)):
            raise Refused("private-address")


async def _resolve(host: str) -> str:
    from twisted.internet import reactor

    resolver: Any = reactor
    return str(await maybe_deferred_to_future(resolver.resolve(host)))
