"""Limits of a fetch before it gives up; sizes and times are knobs of the source."""

from typing import Final

REDIRECTS: Final = 5  # followed from one address
RETRIES: Final = 1
RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504, 522, 524})  # statuses that may change within a moment
ROBOTS_BYTES: Final = 500 * 1024  # bytes of a robots.txt that are read (RFC 9309, 2.5)
CRAWL_DELAY: Final = 30.0  # seconds between two requests that a robots.txt may ask for; more is taken for this
REST: Final = 10.0  # seconds for which a host may ask to be left alone; more is taken for this
