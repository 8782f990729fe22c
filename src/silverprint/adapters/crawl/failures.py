"""Why nothing came back: Scrapy's and Twisted's exceptions as outcomes and reasons."""

from typing import Literal

from scrapy import exceptions as scrapy
from scrapy.exceptions import IgnoreRequest
from twisted.internet import error as twisted

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (scrapy.DownloadTimeoutError, "timeout"),
    (twisted.TimeoutError, "timeout"),
    (scrapy.DownloadConnectionRefusedError, "connection-refused"),
    (scrapy.CannotResolveHostError, "unknown-host"),
    (twisted.DNSLookupError, "unknown-host"),
    (scrapy.ResponseDataLossError, "cut-off"),
    (scrapy.DownloadFailedError, "connection"),
    (twisted.ConnectError, "connection"),
    (twisted.ConnectionClosed, "connection"),
    (scrapy.UnsupportedURLSchemeError, "scheme"),
)
# The site, or the way to it, is down: the same address may well answer tomorrow.
DOWN = {"timeout", "connection-refused", "unknown-host", "connection", "cut-off", "robots-unreachable"}


class Refused(IgnoreRequest):
    """A request that must not be made: robots, private-address, scheme."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(IgnoreRequest):
    """robots.txt cannot be had, so that nothing may be asked for (RFC 9309, 2.3.1.4).

    `reason`: why the host did not answer at all, or `robots-unreachable` where it answered with an error.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def explain(error: BaseException) -> tuple[Literal["refused", "failed"], str]:
    """The outcome and the reason of a request that brought no response."""
    if isinstance(error, Refused):
        return "refused", error.reason
    if isinstance(error, Unreachable):
        return "failed", error.reason
    if isinstance(error, scrapy.DownloadCancelledError):
        return "refused", "too-large"
    if isinstance(error, IgnoreRequest):
        # Scrapy tells these two apart by their words alone.
        return ("failed", "redirect-loop") if "redirections" in str(error) else ("refused", "too-large")
    return "failed", next((reason for kind, reason in _REASONS if isinstance(error, kind)), "broken-response")
