"""CSS selectors in params.yaml, each with an optional attribute of the element it finds."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cssselect.parser import Selector, Tree

_ODD: Final = re.compile(
    r"::attr\(([^\s()'\"]*[^\w\s()'\"-][^\s()'\"]*)\)"
)  # names such as xlink:href, which CSS has none of


class Hint(NamedTuple):
    """One of several selectors between commas.

    Attributes:
        tree: the selector, as cssselect takes it apart.
        attribute: of what it finds, lower case, that has the words; None: the words are their text.
    """

    tree: "Tree"
    attribute: str | None


@lru_cache(64)
def hints(text: str) -> tuple[Hint, ...]:
    """What `h1.kind`, or `meta[name=kind]::attr(content)` as Scrapy writes it, means.

    Of `a, b::attr(c)` each stands by itself: the words of `a`, and the attribute `c` of `b`.

    Raises:
        SelectorError (cssselect's): it means nothing.
    """
    from cssselect import parse

    return tuple(Hint(one.parsed_tree, _attribute(one)) for one in parse(_ODD.sub(r'::attr("\1")', text)))


def _attribute(selector: "Selector") -> str | None:
    from cssselect import ExpressionError
    from cssselect.parser import FunctionalPseudoElement

    said = selector.pseudo_element
    if said is None:
        return None
    if isinstance(said, FunctionalPseudoElement) and said.name == "attr" and said.arguments:
        return "".join(str(token.value) for token in said.arguments).lower()
    name = said.name if isinstance(said, FunctionalPseudoElement) else said
    raise ExpressionError(f"::{name} is unknown; ::attr(name) takes an attribute")
