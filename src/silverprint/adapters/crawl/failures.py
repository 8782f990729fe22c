"""Outcomes and reasons for Scrapy's and Twisted's exceptions."""

from collections.abc import Iterator
from typing import Literal

from OpenSSL import SSL
from scrapy import exceptions as scrapy
from scrapy.exceptions import IgnoreRequest
from service_identity import VerificationError
from twisted.internet import error as twisted

from silverprint.fetching.http.response_head import BrokenHead
from silverprint.fetching.refusals import NoImage

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
    (ValueError, "bad-url"),  # the address in a redirect
)


def explain(error: BaseException) -> tuple[Literal["refused", "failed"], str]:
    """The outcome and the reason of a request without a response."""
    if isinstance(error, NoImage):
        return error.outcome, error.reason
    if isinstance(error, scrapy.DownloadCancelledError):
        return "refused", "too-large"
    if isinstance(error, IgnoreRequest):
        # Scrapy tells these two apart by their words alone.
        return ("failed", "redirect-loop") if "redirections" in str(error) else ("refused", "too-large")
    if any(_is_about_trust(one) for one in _causes(error)):
        return "failed", "certificate"
    if any(isinstance(one, BrokenHead) for one in _causes(error)):
        return "failed", "broken-response"
    return "failed", next((reason for kind, reason in _REASONS if isinstance(error, kind)), "broken-response")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those behind it: Twisted keeps them as failures, Scrapy as causes."""
    if error is not None:
        yield error
        yield from _causes(error.__cause__)
        for failure in getattr(error, "reasons", ()):
            yield from _causes(failure.value)


def _is_about_trust(error: BaseException) -> bool:
    """Whether nobody trusted vouches for a host's certificate, or it is another host's."""
    return isinstance(error, VerificationError) or (
        isinstance(error, SSL.Error) and "certificate verify failed" in str(error)
    )
