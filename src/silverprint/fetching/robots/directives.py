"""Directives of a site about one image: X-Robots-Tag headers and robots meta tags."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_PART: Final = re.compile("[^,]+")
INDEXING: Final = frozenset({"none", "noindex", "noimageindex"})  # it may not be shown anywhere, so it is not kept
# DeviantArt's words of 2022, and noml.info's: it may not be trained on.
TRAINING: Final = frozenset({"noai", "noimageai", "noml"})
_VALUED = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}


def product(user_agent: str) -> str:
    """The name a crawler goes by in robots rules: `silverprint` of `silverprint/0.1 (...)`."""
    return user_agent.split("/")[0].split()[0].lower() if user_agent.strip() else ""


def words(values: Iterable[str], agent: str) -> Iterator[str]:
    """The words of INDEXING and TRAINING that directives such as `noindex, noai` or `otherbot: none` say to `agent`.

    Args:
        values: header values or meta contents; a name before a colon limits what follows it to that crawler.
        agent: as `product` gives it.
    """
    for value in values:
        yield from _words(value.lower(), agent)


def _words(value: str, agent: str) -> Iterator[str]:
    meant = True
    for found in _PART.finditer(value):  # not split: of megabytes that would let no other thread run
        part = found[0]
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _VALUED:
            meant, part = name.strip() in {"*", agent}, rest
        word = part.strip()
        if meant and (word in INDEXING or word in TRAINING):
            yield word
