"""Head of a server's reply, and whether its body is wanted."""

from typing import Literal, NamedTuple

from silverprint.core.reservations import Statement, forbid
from silverprint.fetching.robots.directives import INDEXING, words


class Reply(NamedTuple):
    """
    Attributes:
        directives: values of X-Robots-Tag.
        robots: the decision of robots.txt on the address.
        said: of training, by the site's files and in the head.
    """

    status: int
    content_type: str | None
    etag: str | None
    last_modified: str | None
    directives: tuple[str, ...]
    robots: str
    said: tuple[Statement, ...] = ()


def wants_body(reply: Reply, agent: str) -> bool:
    """Whether a picture may be in it that `agent` may keep."""
    return reply.status == 200 and refusal(reply, agent) is None


def refusal(reply: Reply, agent: str) -> Literal["x-robots-tag", "reserved"] | None:
    """Why `agent` may not keep the picture: the site says so, in a file of its own or in the head; None if it may."""
    tags = [one for one in reply.said if one.signal == "noml"]
    if forbid(tags) or not INDEXING.isdisjoint(words(reply.directives, agent)):
        return "x-robots-tag"
    return "reserved" if forbid(reply.said) else None
