"""Limits on the size of a page: a larger one would block the crawl and becomes a row with a reason."""

import re
from typing import Final

MAX_CHARACTERS: Final = 4_000_000
MAX_TAGS: Final = 25_000  # beginnings and ends; a page of so many pictures takes a second of a slow processor
# Attributes of a tag: the parser compares each with all before it. A script is looked at as if it had tags: `i<n`
# begins one, which has 507 attributes in jQuery.
MAX_ATTRIBUTES: Final = 1_000
MAX_ALL_ATTRIBUTES: Final = 150_000  # of a page: it is given up in one go, and no other thread runs
MAX_VALUES: Final = 50_000  # values in a page's JSON-LD: a script is parsed in one go, and no other thread runs
TOO_LARGE: Final = "page-too-large"

_S: Final = "[ \\t\\n\\f\\r]"
_VALUE: Final = f"""{_S}*+=(?:{_S}*+(?:"[^"]*+"|'[^']*+'|[^ \\t\\n\\f\\r>"'][^ \\t\\n\\f\\r>]*+))?+"""
_ATTRIBUTE: Final = f"[ \\t\\n\\f\\r/]*+[^ \\t\\n\\f\\r/>][^ \\t\\n\\f\\r/>=]*+(?:{_VALUE})?+"
_TAG: Final = re.compile("<[A-Za-z][^ \\t\\n\\f\\r/>]*+")
_NEXT: Final = re.compile(_ATTRIBUTE)


class TooLarge(Exception):  # noqa: N818 (a finding about a page, not a fault)
    """What a page states is more than may be read of it."""


def is_too_large(markup: str) -> bool:
    """Whether a page is not to be parsed."""
    if len(markup) > MAX_CHARACTERS or markup.count("<") > MAX_TAGS:
        return True
    # Piece by piece: while an expression is looked for, no other thread runs.
    left = MAX_ALL_ATTRIBUTES
    for tag in _TAG.finditer(markup):
        found = _count_attributes(markup, tag.end(), min(left, MAX_ATTRIBUTES))
        left -= found
        if found > MAX_ATTRIBUTES or left < 0:
            return True
    return False


def _count_attributes(markup: str, at: int, most: int) -> int:
    """How many attributes a tag has whose name ends at `at`; counting ends beyond `most`."""
    count = 0
    while count <= most and (found := _NEXT.match(markup, at)) is not None:
        count, at = count + 1, found.end()
    return count


def count_json_values(text: str, values: int) -> int:
    """How many values of JSON there are in `text`, at most, and in others with `values` together.

    Raises:
        TooLarge: more than MAX_VALUES.
    """
    values += 1 + sum(map(text.count, ",[{"))
    if values > MAX_VALUES:
        raise TooLarge
    return values
