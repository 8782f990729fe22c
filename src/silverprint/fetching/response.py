"""Head of a server's reply, and whether its body is wanted."""

from typing import NamedTuple

from silverprint.fetching.robots.directives import forbids


class Reply(NamedTuple):
    """
    Attributes:
        directives: values of X-Robots-Tag.
        robots: the decision of robots.txt on the address.
    """

    status: int
    content_type: str | None
    etag: str | None
    last_modified: str | None
    directives: tuple[str, ...]
    robots: str


def wants_body(reply: Reply, agent: str) -> bool:
    """Whether a picture may be in it that `agent` may keep."""
    return reply.status == 200 and not is_forbidden(reply, agent)


def is_forbidden(reply: Reply, agent: str) -> bool:
    """Whether an X-Robots-Tag header forbids `agent` to keep the picture."""
    return forbids(reply.directives, agent)
