"""Elements of a page that match a CSS selector, found in time that is linear in the page.

XPath, which CSS is usually translated to as a whole, takes 20 seconds for `div a` where 2,000 links lie in 2,000
elements around one another. So it finds what each part between combinators means, and how those lie is looked up once.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from cssselect.parser import CombinedSelector, Tree
from lxml import etree
from parsel import Selector

from silverprint.adapters.crawl.css_positions import EXTENSIONS, NAMESPACES, Translator
from silverprint.config.css_selector import hints

MARKUP: Final = ("html", "xml")  # types of a page that selectors apply to; JSON is not one


def select_by_hint(page: Selector, where: str | None) -> list[tuple[Any, str | None]]:
    """The elements of lxml's that `where` (a hint, see config.css_selector) finds, in the page's order; in JSON none.

    With each comes the attribute that is meant, or None. An element that several selectors find, for different
    attributes, comes once for each.
    """
    if where is None or page.type not in MARKUP or page.root is None:
        return []
    found = [(one.attribute, _found(page.root, one.tree)) for one in hints(where)]
    if len(found) == 1:
        attribute, only = found[0]
        return [(element, attribute) for element in only]
    meant: dict[Any, dict[str | None, None]] = {}
    for attribute, some in found:
        for element in some:
            meant.setdefault(element, {})[attribute] = None
    return [(element, attribute) for element in page.root.iter() if element in meant for attribute in meant[element]]


def select(page: Selector, selector: str) -> list[Any]:
    """The elements of lxml's that a CSS selector finds in a page of markup, in the page's order."""
    return [element for element, _ in select_by_hint(page, selector)]


def nearest(element: Any, marked: Any, known: dict[Any, Any]) -> Any | None:
    """The smallest element around `element`, or itself, that is in `marked`; None if there is none.

    Args:
        known: what was found before for the same `marked`, so that no way up is gone twice.
    """
    way: list[Any] = []
    while element is not None and element not in known and element not in marked:
        way.append(element)
        element = element.getparent()
    end = known.get(element, element) if element is not None else None
    known.update(dict.fromkeys(way, end))
    return end


@lru_cache(256)
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=NAMESPACES, extensions=EXTENSIONS)


def _found(root: Any, tree: Tree) -> list[Any]:
    if not isinstance(tree, CombinedSelector):
        found: list[Any] = _compiled(f"descendant-or-self::{Translator().xpath(tree)}")(root)
        return found
    left = set(_found(root, tree.selector))
    fits = _LIES[tree.combinator](left)
    return [element for element in _found(root, tree.subselector) if fits(element)]


def _inside(left: set[Any]) -> Callable[[Any], bool]:
    known: dict[Any, Any] = {}
    return lambda element: nearest(element.getparent(), left, known) is not None


def _beside(left: set[Any]) -> Callable[[Any], bool]:
    after = {later for first in _firsts(left) for later in first.itersiblings()}
    return after.__contains__


def _firsts(elements: Iterable[Any]) -> Iterator[Any]:
    """The first element of each parent."""
    for parent in {element.getparent() for element in elements} - {None}:
        yield next(child for child in parent if child in elements)


_LIES: Final[dict[str, Callable[[set[Any]], Callable[[Any], bool]]]] = {
    " ": _inside,
    ">": lambda left: lambda element: element.getparent() in left,
    "+": lambda left: lambda element: next(element.itersiblings("*", preceding=True), None) in left,
    "~": _beside,
}
