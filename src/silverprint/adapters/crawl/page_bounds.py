"""Limits on the size of a page: a larger one would block the crawl and becomes a row with a reason."""

import re
from typing import Final

MAX_CHARACTERS: Final = 4_000_000
MAX_TAGS: Final = 25_000  # beginnings and ends; a page of so many pictures is read in half a second
MAX_ATTRIBUTES: Final = 256  # attributes of a tag: the parser compares each with all before it
TOO_LARGE: Final = "page-too-large"

_S: Final = "[ \\t\\n\\f\\r]"
_VALUE: Final = f"""{_S}*+=(?:{_S}*+(?:"[^"]*+"|'[^']*+'|[^ \\t\\n\\f\\r>"'][^ \\t\\n\\f\\r>]*+))?+"""
_ATTRIBUTE: Final = f"[ \\t\\n\\f\\r/]*+[^ \\t\\n\\f\\r/>][^ \\t\\n\\f\\r/>=]*+(?:{_VALUE})?+"
_CROWDED: Final = re.compile(f"<[A-Za-z][^ \\t\\n\\f\\r/>]*+(?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}+")


def is_too_large(markup: str) -> bool:
    """Whether a page is not to be parsed."""
    return len(markup) > MAX_CHARACTERS or markup.count("<") > MAX_TAGS or _CROWDED.search(markup) is not None
