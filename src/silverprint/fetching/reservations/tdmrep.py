"""TDM Reservation Protocol (W3C Community Group, final report of 10 May 2024): its file, its header and its meta tag.

The report lets a header take back what the file says, and a meta tag what the header says. Here any of them suffices: a
picture that the file reserves is not asked for, so that nobody hears its header.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from silverprint.core.reservations import Statement
from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.robots.path_pattern import Pattern, Place

_BETWEEN: Final = re.compile(r"[\s,]*")
_DECODER: Final = json.JSONDecoder()


class _Rule(NamedTuple):
    pattern: Pattern
    reserved: bool


class TdmRep:
    """
    Args:
        content: of /.well-known/tdmrep.json, as it came. What lies beyond ROBOTS_BYTES, or behind the first thing that
            is no JSON, is not read; a rule that is none is passed over.
    """

    def __init__(self, content: bytes) -> None:
        self._rules = list(_rules(content[:ROBOTS_BYTES].decode("utf-8-sig", "replace")))

    def statement(self, url: str, agent: str) -> Statement | None:
        """What the first rule that matches `url`, as it goes over the wire, says (section 6.2 of the report)."""
        place = Place(url)
        found = next((rule.reserved for rule in self._rules if rule.pattern.matches(place)), None)
        return None if found is None else _statement(found, "tdmrep.json")


def statements(values: Iterable[str], place: str) -> Iterator[Statement]:
    """What values of `tdm-reservation` say, in headers or meta tags; any but 0 and 1 say nothing."""
    said = set(map(_reserved, values))
    return (_statement(reserved, place) for reserved in (False, True) if reserved in said)


def _statement(reserved: bool, place: str) -> Statement:
    return Statement("tdmrep", "1" if reserved else "0", place, forbids=reserved)


def _reserved(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"0": False, "1": True}.get(value.strip() if isinstance(value, str) else repr(value))


def _rules(text: str) -> Iterator[_Rule]:
    for item in _items(text):
        location, reserved = item.get("location"), _reserved(item.get("tdm-reservation"))
        if isinstance(location, str) and reserved is not None:
            yield _Rule(Pattern(location.strip()), reserved)


def _items(text: str) -> Iterator[dict[str, Any]]:
    """The objects of an array, one by one, so that those before a fault or a cut count; or the one without an array."""
    text = text.lstrip().removeprefix("[")
    at = 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches always
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        if isinstance(item, dict):
            yield item
