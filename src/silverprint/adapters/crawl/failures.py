"""Why nothing came back: Scrapy's and Twisted's exceptions as outcomes and reasons."""

from typing import Literal

from scrapy import exceptions as scrapy
from scrapy.exceptions import IgnoreRequest
from twisted.internet import error as twisted

from silverprint.fetching.reasons import NoPicture

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
    (ValueError, "bad-url"),  # of a redirect's address
)


def explain(error: BaseException) -> tuple[Literal["refused", "failed"], str]:
    """The outcome and the reason of a request that brought no response."""
    if isinstance(error, NoPicture):
        return error.outcome, error.reason
    if isinstance(error, scrapy.DownloadCancelledError):
        return "refused", "too-large"
    if isinstance(error, IgnoreRequest):
        # Scrapy tells these two apart by their words alone.
        return ("failed", "redirect-loop") if "redirections" in str(error) else ("refused", "too-large")
    return "failed", next((reason for kind, reason in _REASONS if isinstance(error, kind)), "broken-response")
