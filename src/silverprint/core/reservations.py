"""Reservations against training: statements of sites and pictures about their use, and how a row writes them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from silverprint.config import Signal

NOTHING: Final = "none"  # looked for, and nothing was said
RESERVED: Final = "reserved"  # reason of a row whose picture is not kept because of one


class Statement(NamedTuple):
    """What one signal says of training.

    Attributes:
        said: in the signal's own words, without blanks, as far as they concern training: `train-ai=n`.
        place: where it says so: header, robots.txt, tdmrep.json, ai.txt, meta, xmp, jumbf; `page-` before it where it
            is said of the page that shows the picture.
        forbids: whether it forbids, or may forbid, to train on the picture.
    """

    signal: Signal
    said: str
    place: str
    forbids: bool


def forbid(statements: Iterable[Statement]) -> bool:
    """Whether one of them does."""
    return any(statement.forbids for statement in statements)


def written(statements: Iterable[Statement]) -> str:
    """The statements as RAW has them, each once: `content-signal:ai-train=no@robots.txt tdmrep:1@header`."""
    texts = (f"{signal}:{said}@{place}" for signal, said, place, _ in statements)
    return " ".join(dict.fromkeys(texts)) or NOTHING


def joined(before: str | None, statements: Iterable[Statement]) -> str:
    """What was written before, with further statements."""
    parts = [text for text in (before, written(statements)) if text not in (None, NOTHING)]
    return " ".join(map(str, parts)) or NOTHING
