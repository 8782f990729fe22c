"""A response, or the failure to get one, as an Answer: what the rules and the status say about it."""

from typing import Any, Literal

from scrapy.http import Request, Response

from silverprint.adapters.crawl.directives import forbids
from silverprint.adapters.crawl.failures import explain
from silverprint.adapters.crawl.robots import DECISION
from silverprint.store.intake import Answer, Validators


def picture(response: Response, agent: str, known: Validators | None) -> Answer:
    """The answer for a picture: its bytes, or that it is the one known before (304), or why it is not kept."""
    if response.status == 304 and known is not None:
        return _answer(response, "present", image_id=known.image_id)
    refusal = header_refusal(response, agent)
    if refusal is not None:
        return refusal
    if response.status != 200:
        return _answer(response, "failed", reason=f"http-{response.status}")
    return _answer(response, "present", data=response.body)


def header_refusal(response: Response, agent: str) -> Answer | None:
    """The refusal that an X-Robots-Tag header demands."""
    values = [value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag")]
    return _answer(response, "refused", reason="x-robots-tag") if forbids(values, agent) else None


def page(response: Response, outcome: Literal["refused", "failed"], reason: str) -> Answer:
    """The answer for a page from which no picture is had."""
    return _answer(response, outcome, reason=reason)


def lost(request: Request, error: BaseException) -> Answer:
    """The answer for a request that brought no response."""
    outcome, reason = explain(error)
    return Answer(outcome, reason, robots=request.meta.get(DECISION, "n/a"))


def _answer(response: Response, outcome: Literal["present", "refused", "failed"], **said: Any) -> Answer:
    return Answer(
        outcome,
        status=response.status,
        content_type=_header(response, "Content-Type"),
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        robots=response.meta[DECISION],
        **said,
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return None if value is None else value.decode("latin-1")
