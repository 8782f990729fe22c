"""Reservations that a site makes: in its robots.txt and files beside it, in heads of answers, in pages."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from silverprint.config import Signal
from silverprint.core.reservations import Statement
from silverprint.fetching import robots
from silverprint.fetching.reservations import tdmrep
from silverprint.fetching.reservations.ai_txt import AiTxt
from silverprint.fetching.reservations.preferences import content_signal, content_usage
from silverprint.fetching.reservations.tdmrep import TdmRep
from silverprint.fetching.robots.directives import TRAINING, words

SiteFile = TdmRep | AiTxt

# Files beside robots.txt, by their signal: the path, and what reads it.
FILES: Final[Mapping[Signal, tuple[str, Callable[[bytes], SiteFile]]]] = {
    "tdmrep": ("/.well-known/tdmrep.json", TdmRep),
    "ai-txt": ("/ai.txt", AiTxt),
}
HEADERS: Final = ("x-robots-tag", "content-usage", "content-signal", "tdm-reservation")


def wanted(respect: Container[Signal]) -> list[Signal]:
    """The signals among `respect` for which a file is asked."""
    return [signal for signal in FILES if signal in respect]


def site_file(signal: Signal, status: int, body: bytes) -> SiteFile | None:
    """A site's file, as its last answer has it; None where there is none.

    Args:
        body: what lies beyond ROBOTS_BYTES is not read.
    """
    return FILES[signal][1](body) if 200 <= status < 300 else None


def of_site(
    rules: robots.Rules, files: Iterable[SiteFile | None], url: str, agent: str, respect: Container[Signal]
) -> tuple[Statement, ...]:
    """What a site's files say of `url`, as it goes over the wire, before it is asked."""
    return tuple(_of_site(rules, files, url, agent, respect))


def _of_site(
    rules: robots.Rules, files: Iterable[SiteFile | None], url: str, agent: str, respect: Container[Signal]
) -> Iterator[Statement]:
    if rules is not None and "content-usage" in respect:
        yield from content_usage(rules.terms("content-usage", url, agent), "robots.txt")
    if rules is not None and "content-signal" in respect:
        yield from content_signal(rules.terms("content-signal", url, agent), "robots.txt")
    for file in files:
        if file is not None and (statement := file.statement(url, agent)) is not None:
            yield statement


def of_head(values: Callable[[str], Sequence[str]], agent: str, respect: Container[Signal]) -> tuple[Statement, ...]:
    """What the head of an answer says of its body.

    Args:
        values: the values of a header, by its lower-case name, one of HEADERS.
    """
    return tuple(_of_head(values, agent, respect))


def _of_head(values: Callable[[str], Sequence[str]], agent: str, respect: Container[Signal]) -> Iterator[Statement]:
    if "noml" in respect:
        yield from _tags(values("x-robots-tag"), agent, "header")
    if "content-usage" in respect:
        yield from content_usage(",".join(values("content-usage")), "header")
    if "content-signal" in respect:  # no specification has the header, but some servers send it
        yield from content_signal(",".join(values("content-signal")), "header")
    if "tdmrep" in respect:
        yield from tdmrep.statements(values("tdm-reservation"), "header")


def of_meta(
    robots_tags: Iterable[str], tdm_tags: Iterable[str], agent: str, respect: Container[Signal]
) -> tuple[Statement, ...]:
    """What a page's meta tags say of it.

    Args:
        robots_tags: contents of those for everyone's robots, or for `agent`.
        tdm_tags: contents of those named `tdm-reservation`.
    """
    found = list(_tags(robots_tags, agent, "meta")) if "noml" in respect else []
    if "tdmrep" in respect:
        found += tdmrep.statements(tdm_tags, "meta")
    return tuple(found)


def _tags(values: Iterable[str], agent: str, place: str) -> Iterator[Statement]:
    for word in sorted(TRAINING.intersection(words(values, agent))):
        yield Statement("noml", word, place, forbids=True)
