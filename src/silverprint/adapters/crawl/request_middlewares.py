"""Scrapy middlewares that decide by our own rules which addresses are asked: taken down, private, redirected."""

from typing import Any, Self
from urllib.parse import quote

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares import redirect
from scrapy.http import Request, Response
from scrapy.utils.defer import maybe_deferred_to_future

from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.address_guard import AddressPolicy, literal, target
from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import Failed, NoImage, Refused


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


class RedirectMiddleware(redirect.RedirectMiddleware):
    """Scrapy's own, but for how it reads the address: a backslash would be part of a name there."""

    def process_response(self, request: Request, response: Response, spider: object = None) -> Request | Response:
        location = response.headers.get("Location")
        if location is None:
            return response
        try:
            found = redirect_target(request.url, response.status, _text(location))
        except NoImage:
            return response  # the refusal becomes a row of its own
        if found is None:
            return response
        return super().process_response(request, response.replace(headers={**response.headers, "Location": found}))


def _text(location: bytes) -> str:
    """A header's value; bytes that are no UTF-8 as browsers send them on."""
    try:
        return location.decode()
    except UnicodeDecodeError:
        return quote(location, safe=bytes(range(0x21, 0x7F)))
