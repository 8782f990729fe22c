"""robots.txt (RFC 9309): what an answer to it means, and what it says of an address."""

from typing import Final, Literal, TypeAlias

from silverprint.fetching.limits import CRAWL_DELAY
from silverprint.fetching.refusals import Failed
from silverprint.fetching.robots.rules import RobotsTxt

Rules: TypeAlias = RobotsTxt | None  # None: there is no robots.txt, and everything may be asked for
Decision: TypeAlias = Literal["allowed", "disallowed", "none"]
# Reasons why a redirect of a robots.txt was not followed: it leads nowhere, so the file cannot be known.
NOWHERE: Final = frozenset({"scheme", "bad-url", "credentials"})


def rules(status: int, body: bytes) -> Rules:
    """The rules in a host's last answer, redirects followed, to a request for its robots.txt.

    Args:
        body: one byte more than ROBOTS_BYTES tells that it was cut.

    Raises:
        Failed: `robots-unreachable`: it says neither what holds nor that nothing does (a server error, 2.3.1.4; too
            many requests; a redirect that leads nowhere), so nothing may be asked of the host.
    """
    if 200 <= status < 300:
        return RobotsTxt(body)
    if 400 <= status < 500 and status != 429:
        return None  # 2.3.1.3
    raise Failed("robots-unreachable")


def decide(found: Rules, url: str, agent: str) -> Decision:
    """Whether `agent` (as `directives.product` gives it) may ask for `url`, as it goes over the wire."""
    if found is None:
        return "none"
    return "allowed" if found.allows(url, agent) else "disallowed"


def delay(found: Rules, agent: str) -> float:
    """Seconds that the host wants between two requests of `agent` (Crawl-delay), CRAWL_DELAY at most."""
    return 0.0 if found is None else min(found.delay(agent), CRAWL_DELAY)
