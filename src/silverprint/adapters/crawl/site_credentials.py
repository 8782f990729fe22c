"""Headers and cookies that params.yaml gives for a source's own site, sent to that site only."""

import os
import re
from collections.abc import Mapping
from typing import Final, Self

from scrapy.crawler import Crawler
from scrapy.http import Request

from silverprint.config import WebSource
from silverprint.errors import ConfigError
from silverprint.fetching.address_guard import Target, target

_FROM_ENVIRONMENT: Final = re.compile(r"\$\{ENV:([A-Za-z_][A-Za-z0-9_]*)\}")


def headers(name: str, source: WebSource) -> dict[str, str]:
    """The headers of every request to the hosts of `source.start` (its key in params.yaml: `name`).

    Raises:
        ConfigError: a value is to come from the environment and is not there, or cannot stand in a header.
    """
    extra = {key: _value(f"sources.{name}.headers.{key}", value) for key, value in source.headers.items()}
    cookies = {key: _value(f"sources.{name}.cookies.{key}", value) for key, value in source.cookies.items()}
    if cookies:
        extra["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
    return extra


def _value(where: str, written: str) -> str:
    def of_environment(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if value is None:
            raise ConfigError(f"{where} = {written!r}", f"the environment has no {found[1]}", f"export {found[1]}=...")
        return value

    value = _FROM_ENVIRONMENT.sub(of_environment, written)
    if not value.isascii() or not value.isprintable():  # the value itself is not shown: it may be a secret
        raise ConfigError(f"{where} = {written!r}", "a header holds printable ASCII in one line", "fix the value")
    return value


class SiteCredentials:
    """Downloader middleware: adds them to what goes to where the crawl starts (scheme, host and port), and takes them
    from what a redirect leads elsewhere."""

    def __init__(self, extra: Mapping[str, str], origins: frozenset[tuple[str, Target]]) -> None:
        self._extra, self._origins = extra, origins

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        start: list[str] = crawler.settings.getlist("CRAWL_START")
        return cls(crawler.settings.getdict("HEADERS_FOR_THE_SITE"), frozenset(map(_origin, start)))

    async def process_request(self, request: Request) -> None:
        try:
            is_the_site = _origin(request.url) in self._origins
        except ValueError:
            return  # the request is refused further on
        for name, value in self._extra.items():
            if is_the_site:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)


def _origin(url: str) -> tuple[str, Target]:
    """
    Raises:
        ValueError: it is no address.
        Refused: it is not on the web.
    """
    return url.partition("://")[0].lower(), target(url)
