"""Answers made of Scrapy's responses, or of the failure to get one."""

from typing import Any, Literal, TypeGuard

from scrapy.http import Request, Response, TextResponse

from silverprint.adapters.crawl.failures import explain
from silverprint.adapters.crawl.robots_middleware import DECISION, SAID, header_values
from silverprint.core.reservations import Statement, written
from silverprint.fetch_result import Answer, Showing, Validators
from silverprint.fetching import image_response
from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import NoImage
from silverprint.fetching.response import Reply, refusal
from silverprint.imaging.sniff import sniff


def image_answer(response: Response, agent: str, known: Validators | None) -> Answer:
    """The answer for a picture: its bytes, or that it is the one known before (304), or why it is not kept."""
    reply = _reply(response)
    try:  # Scrapy follows redirects within the web, and leaves the others to us
        redirect_target(response.url, response.status, _header(response, "Location"))
    except NoImage as why:  # as for a list: the row is of an address that leads nowhere, and no answer's
        return Answer(why.outcome, why.reason, robots=reply.robots, reservation=written(reply.said))
    return image_response.image_answer(reply, response.body, agent, known)


def head_refusal(response: Response, agent: str) -> str | None:
    """The reason of the refusal that the head of a page demands."""
    said = tuple(one for one in statements(response) if one.place == "header")
    return refusal(_reply(response)._replace(said=said), agent)


def statements(response: Response) -> tuple[Statement, ...]:
    """What the site's files and the head say of what is in it."""
    said: tuple[Statement, ...] = response.meta.get(SAID, ())
    return said


def page_answer(response: Response, outcome: Literal["refused", "failed"], reason: str) -> Answer:
    """The answer for a page from which no picture is had."""
    return image_response.answer(_reply(response), outcome, reason=reason)


def is_page(response: Response) -> TypeGuard[TextResponse]:
    """Whether it can be read as a page."""
    return response.status == 200 and isinstance(response, TextResponse)


def is_image(response: Response, known: Validators | None) -> bool:
    """Whether it is one where a page was expected: by its bytes, or because the one `known` has not changed (304)."""
    if response.status == 304:
        return known is not None
    return response.status == 200 and sniff(response.body) is not None


def no_page_answer(response: Response) -> Answer:
    """The answer where a page was expected."""
    return page_answer(response, "failed", "not-a-page" if response.status == 200 else f"http-{response.status}")


def failure_answer(failure: Any) -> tuple[Showing, Answer]:
    """What was asked for, and the answer for a request without a response."""
    request: Request = failure.request
    outcome, reason = explain(failure.value)
    robots = request.meta.get(DECISION, "n/a")
    said = written(request.meta[SAID]) if request.meta.get(SAID) else None
    return request.cb_kwargs["asked"], Answer(outcome, reason, robots=robots, reservation=said)


def _reply(response: Response) -> Reply:
    return Reply(
        status=response.status,
        content_type=_header(response, "Content-Type"),
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        directives=header_values(response, "x-robots-tag"),
        robots=response.meta[DECISION],
        said=statements(response),
    )


def _header(response: Response, name: str) -> str | None:
    return next(iter(header_values(response, name)), None)  # the first of several, as for a list
