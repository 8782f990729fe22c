"""Answers made of a server's replies to requests for images, whichever client got them."""

from typing import Any, Literal

from silverprint.fetch_result import Answer, Validators
from silverprint.fetching.response import Reply, is_forbidden


def image_answer(reply: Reply, body: bytes | None, agent: str, known: Validators | None) -> Answer:
    """The answer for a picture: its bytes, or that it is the one known before (304), or why it is not kept.

    Args:
        body: where `response.wants_body` says that it is wanted.
    """
    if reply.status == 304 and known is not None:
        return answer(reply, "present", image_id=known.image_id)
    refusal = header_refusal(reply, agent)
    if refusal is not None:
        return refusal
    if reply.status != 200:
        return answer(reply, "failed", reason=f"http-{reply.status}")
    return answer(reply, "present", data=body)


def header_refusal(reply: Reply, agent: str) -> Answer | None:
    """The refusal that an X-Robots-Tag header demands."""
    return answer(reply, "refused", reason="x-robots-tag") if is_forbidden(reply, agent) else None


def answer(reply: Reply, outcome: Literal["present", "refused", "failed"], **said: Any) -> Answer:
    """The answer that `reply` makes, with what was found in it: `data`, `image_id` or `reason`."""
    return Answer(
        outcome,
        status=reply.status,
        content_type=reply.content_type,
        etag=reply.etag,
        last_modified=reply.last_modified,
        robots=reply.robots,
        **said,
    )
