"""Limits on the size of a page: a larger one would block the crawl and becomes a row with a reason."""

import re
from typing import Final

MAX_CHARACTERS: Final = 4_000_000
MAX_TAGS: Final = 25_000  # beginnings and ends; a page of so many pictures takes a second of a slow processor
MAX_ATTRIBUTES: Final = 256  # attributes of a tag: the parser compares each with all before it
MAX_VALUES: Final = 50_000  # values in a page's JSON-LD: a script is parsed in one go, and no other thread runs
TOO_LARGE: Final = "page-too-large"

_S: Final = "[ \\t\\n\\f\\r]"
_VALUE: Final = f"""{_S}*+=(?:{_S}*+(?:"[^"]*+"|'[^']*+'|[^ \\t\\n\\f\\r>"'][^ \\t\\n\\f\\r>]*+))?+"""
_ATTRIBUTE: Final = f"[ \\t\\n\\f\\r/]*+[^ \\t\\n\\f\\r/>][^ \\t\\n\\f\\r/>=]*+(?:{_VALUE})?+"
_TAG: Final = re.compile("<[A-Za-z]")
_CROWDED: Final = re.compile(f"<[A-Za-z][^ \\t\\n\\f\\r/>]*+(?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}+")


class TooLarge(Exception):  # noqa: N818 (a finding about a page, not a fault)
    """What a page states is more than may be read of it."""


def is_too_large(markup: str) -> bool:
    """Whether a page is not to be parsed."""
    if len(markup) > MAX_CHARACTERS or markup.count("<") > MAX_TAGS:
        return True
    # Tag by tag: while an expression is looked for, no other thread runs.
    return any(_CROWDED.match(markup, tag.start()) is not None for tag in _TAG.finditer(markup))


def count_json_values(text: str, values: int) -> int:
    """How many values of JSON there are in `text`, at most, and in others with `values` together.

    Raises:
        TooLarge: more than MAX_VALUES.
    """
    values += 1 + sum(map(text.count, ",[{"))
    if values > MAX_VALUES:
        raise TooLarge
    return values
