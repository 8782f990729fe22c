"""Directives of a site about one image: X-Robots-Tag headers and robots meta tags."""

import re
from collections.abc import Iterable
from typing import Final

_PART: Final = re.compile("[^,]+")
_FORBIDDING = {"none", "noindex", "noimageindex", "noai", "noimageai"}
_VALUED = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}


def product(user_agent: str) -> str:
    """The name a crawler goes by in robots rules: `silverprint` of `silverprint/0.1 (...)`."""
    return user_agent.split("/")[0].split()[0].lower() if user_agent.strip() else ""


def forbids(values: Iterable[str], agent: str) -> bool:
    """Whether directives such as `noindex, noai` or `otherbot: none` forbid `agent` to keep a picture.

    Args:
        values: header values or meta contents; a name before a colon limits what follows it to that crawler.
        agent: as `product` gives it.
    """
    return any(_forbids(value.lower(), agent) for value in values)


def _forbids(value: str, agent: str) -> bool:
    meant = True
    for found in _PART.finditer(value):  # not split: of megabytes that would let no other thread run
        part = found[0]
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _VALUED:
            meant, part = name.strip() in {"*", agent}, rest
        if meant and part.strip() in _FORBIDDING:
            return True
    return False
