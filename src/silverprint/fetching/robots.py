"""robots.txt (RFC 9309): what an answer to it means, and what it says of an address."""

from typing import Literal, TypeAlias

from protego import Protego

from silverprint.fetching.limits import CRAWL_DELAY, ROBOTS_BYTES
from silverprint.fetching.reasons import Failed

Rules: TypeAlias = Protego | None  # None: there is no robots.txt, and everything may be asked for
Decision: TypeAlias = Literal["allowed", "disallowed", "none"]


def rules(status: int, body: bytes) -> Rules:
    """The rules in a host's answer to a request for its robots.txt.

    Raises:
        Failed: `robots-unreachable`: the host is in trouble, so nothing may be asked of it (2.3.1.4).
    """
    if status >= 500 or status == 429:
        raise Failed("robots-unreachable")
    if status >= 400:
        return None
    return Protego.parse(body[:ROBOTS_BYTES].decode("utf-8", "replace"))


def decide(found: Rules, url: str, agent: str) -> Decision:
    """Whether `agent` (as `directives.product` gives it) may ask for `url`."""
    if found is None:
        return "none"
    return "allowed" if found.can_fetch(url, agent) else "disallowed"


def delay(found: Rules, agent: str) -> float:
    """Seconds that the host wants between two requests of `agent` (Crawl-delay), CRAWL_DELAY at most."""
    stated = None if found is None else found.crawl_delay(agent)
    return min(stated, CRAWL_DELAY) if stated is not None and stated > 0 else 0.0
