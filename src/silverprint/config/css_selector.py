"""CSS selectors in params.yaml, each with an optional attribute of the element it finds."""

import re
from typing import Final, NamedTuple

_HINT: Final = re.compile(r"(?P<selector>.*?)(?:::attr\((?P<attribute>[^\s()]+)\))?", re.DOTALL)


class Hint(NamedTuple):
    """
    Attributes:
        selector: of elements.
        attribute: of theirs, lower case, that has the words; None: the words are their text.
    """

    selector: str
    attribute: str | None


def hint(text: str) -> Hint:
    """What `h1.kind`, or `meta[name=kind]::attr(content)` as Scrapy writes it, means."""
    found = _HINT.fullmatch(text)
    selector, attribute = found.group("selector", "attribute") if found else (text, None)
    return Hint(selector, attribute.lower() if attribute else None)
