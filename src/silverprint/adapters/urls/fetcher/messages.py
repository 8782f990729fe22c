"""Messages between the parent that keeps the images and the child that has the sockets."""

import pickle
import struct
from typing import Any, Final, Literal, NamedTuple

from silverprint.config import Signal
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.fetching.response import Reply

LENGTH: Final = struct.Struct("<I")  # length of the message that follows, bytes


class FetchSettings(NamedTuple):
    """How to ask: the first message. Fields as the knobs of a source."""

    user_agent: str
    timeout_s: float
    max_bytes: int
    per_host: int
    allow_private: tuple[str, ...]
    takedowns: Takedowns
    respect: tuple[Signal, ...]


class Request(NamedTuple):
    number: int  # names the result
    url: str
    etag: str | None = None
    last_modified: str | None = None
    page_url: str | None = None  # the page that shows it


class Orders(NamedTuple):
    """To the sockets."""

    requests: list[Request]
    freed: int  # number of the oldest bodies that are done with


class Loss(NamedTuple):
    """A request without a reply."""

    outcome: Literal["refused", "failed"]
    reason: str
    robots: str  # the decision of robots.txt
    reservation: str | None = None  # what the site says of training, as `core.reservations.written` has it


class Result(NamedTuple):
    number: int
    found: Reply | Loss
    place: int = 0  # position of the body in the ring
    size: int | None = None  # size of the body in bytes; None where there is none


def frame(message: Any) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data
