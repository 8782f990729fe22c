"""Scrapy settings of the crawler."""

from collections.abc import Mapping
from typing import Any

from silverprint.config import WebSource
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.limits import REDIRECTS, RETRIED, RETRIES

_HERE = "silverprint.adapters.crawl"


def settings(source: WebSource, takedowns: Takedowns, headers: Mapping[str, str]) -> dict[str, Any]:
    """Scrapy's settings for one source; what is not named here is Scrapy's default.

    Args:
        headers: for the site alone.
    """
    return {
        "USER_AGENT": source.user_agent,
        "ALLOW_PRIVATE": list(source.allow_private),
        "TAKEDOWNS": takedowns,
        "RESPECT": source.respect,
        "CRAWL_START": list(source.start),
        "HEADERS_FOR_THE_SITE": dict(headers),
        "DOWNLOADER_MIDDLEWARES": {
            f"{_HERE}.request_middlewares.TakedownMiddleware": 40,
            f"{_HERE}.request_middlewares.AddressMiddleware": 60,
            f"{_HERE}.site_credentials.SiteCredentials": 80,
            f"{_HERE}.robots_middleware.RobotsMiddleware": 100,
            f"{_HERE}.decompress_middleware.DecompressMiddleware": 590,
            f"{_HERE}.request_middlewares.RedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        },
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), f"{_HERE}.lenient_connections.LenientHandler"),
        "REFERRER_POLICY": "strict-origin-when-cross-origin",  # the same as `fetching.referrer` for lists
        "EXTENSIONS": {f"{_HERE}.backoff.Backoff": 0},
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": 0.05,
        "AUTOTHROTTLE_MAX_DELAY": 10.0,
        # Of requests open at a time, on average: gentle with strangers, brisk on a network of one's own.
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 8.0 if source.allow_private else 2.0,
        "RANDOMIZE_DOWNLOAD_DELAY": False,  # True would shorten a Crawl-delay that was respected so far
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "CONCURRENT_ITEMS": 1,  # Scrapy starts so many tasks per response, and the spider yields no items
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_TIMEOUT": source.timeout_s,
        "DNS_TIMEOUT": source.timeout_s,
        "DOWNLOAD_MAXSIZE": source.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": RETRIES,
        "RETRY_HTTP_CODES": sorted(RETRIED),
        "REDIRECT_MAX_TIMES": REDIRECTS,
        "METAREFRESH_ENABLED": False,
        "HTTPPROXY_ENABLED": False,  # a proxy would look names up itself, and none of them is checked
        "COOKIES_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,  # an error status is a row, so the spider must see it
        "URLLENGTH_LIMIT": 0,  # would drop a request without a trace
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_ENABLED": False,
    }
