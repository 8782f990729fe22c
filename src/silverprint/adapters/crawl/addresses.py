"""Keeps the crawler out of the network that it runs in: only public addresses, unless one is allowed by name."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.utils.defer import maybe_deferred_to_future

from silverprint.adapters.crawl.failures import Refused

_PORTS = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Whether an IP address (v4 or v6, no name) lies on the open internet."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


class PublicAddresses:
    """Downloader middleware: refuses schemes other than http(s), and private hosts that are not allowed by host:port.

    It sees every request, redirected ones too. The name is resolved through Scrapy's own cache, which the connection
    then uses, so that a second answer of the name server cannot lead elsewhere.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = set(allowed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getlist("ALLOW_PRIVATE"))

    async def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Refused("scheme")
        if f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}" in self._allowed:
            return
        if not is_public(await _resolve(parts.hostname)):
            raise Refused("private-address")


async def _resolve(host: str) -> str:
    from twisted.internet import reactor

    try:
        return str(ip_address(host))
    except ValueError:
        resolver: Any = reactor
        return str(await maybe_deferred_to_future(resolver.resolve(host)))
