"""Answers made of a server's replies to requests for images, whichever client got them."""

from typing import Any, Literal

from silverprint.core.reservations import written
from silverprint.fetch_result import Answer, Validators
from silverprint.fetching.response import Reply, refusal


def image_answer(reply: Reply, body: bytes | None, agent: str, known: Validators | None) -> Answer:
    """The answer for a picture: its bytes, or that it is the one known before (304), or why it is not kept.

    Args:
        body: where `response.wants_body` says that it is wanted.
    """
    refused = header_refusal(reply, agent)
    if refused is not None:  # also where the picture is the same: what is said of it may be new
        return refused
    if reply.status == 304 and known is not None:
        return answer(reply, "present", image_id=known.image_id)
    if reply.status != 200:
        return answer(reply, "failed", reason=f"http-{reply.status}")
    return answer(reply, "present", data=body)


def header_refusal(reply: Reply, agent: str) -> Answer | None:
    """The refusal that the site demands, by X-Robots-Tag or by a reservation."""
    reason = refusal(reply, agent)
    return None if reason is None else answer(reply, "refused", reason=reason)


def answer(reply: Reply, outcome: Literal["present", "refused", "failed"], **said: Any) -> Answer:
    """The answer that `reply` makes, with what was found in it: `data`, `image_id` or `reason`."""
    return Answer(
        outcome,
        status=reply.status,
        content_type=reply.content_type,
        etag=reply.etag,
        last_modified=reply.last_modified,
        robots=reply.robots,
        **({"reservation": written(reply.said)} | said),
    )
