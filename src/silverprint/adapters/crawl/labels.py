"""Labels that a site itself gives its images, where a source says where to look."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lxml import etree
from parsel import Selector

from silverprint.adapters.crawl import link_extraction
from silverprint.adapters.crawl.css_select import nearest, select_by_hint

_LONGEST: Final = 200  # characters; more is a text, and no label
_READ: Final = 10_000  # characters that are looked at for one
_WALKED: Final = 200  # beginnings and ends of elements in it, likewise


def page_label(page: Selector, where: str | None) -> str | None:
    """The first label that `where` (a hint) finds on a picture's page."""
    return next((label for _, label in _labels(page, where)), None)


def link_labels(listing: Selector, links: str | None, where: str | None) -> dict[str, str]:
    """The labels of the links to picture pages on a listing page, as `element_labels` has them.

    Args:
        links: hint for the links.
        where: a hint.
    """
    return {} if where is None else element_labels(listing, link_extraction.link_addresses(listing, links), where)


def element_labels(listing: Selector, linking: Sequence[tuple[Any, str]], where: str) -> dict[str, str]:
    """The labels of what a listing page links to or shows, by the addresses as written there.

    A label is for the links in the smallest element around it that has any: one in an item of the list is for it alone,
    one in the page's heading for all. Of several around a link, the one in the smallest element counts; where that
    element has different ones, none does.

    Args:
        linking: elements that link to picture pages, or show pictures, with their addresses.
        where: a hint.
    """
    with_links = set[Any]()
    for element, _ in linking:
        while element is not None and element not in with_links:
            with_links.add(element)
            element = element.getparent()
    said: defaultdict[Any, set[str]] = defaultdict(set)  # by the element whose links it is for
    scopes: dict[Any, Any] = {}
    for element, label in _labels(listing, where):
        scope = nearest(element, with_links, scopes)
        if scope is not None:
            said[scope].add(label)
    found: dict[str, str] = {}
    around: dict[Any, Any] = {}
    for element, address in linking:
        labels = said.get(nearest(element, said, around), set())
        if len(labels) == 1:
            found.setdefault(address, *labels)
    return found


def _labels(page: Selector, where: str | None) -> Iterator[tuple[Any, str]]:
    found = select_by_hint(page, where)
    texts = iter(_texts([element for element, attribute in found if attribute is None]))
    for element, attribute in found:
        words = next(texts) if attribute is None else element.get(attribute)
        label = " ".join((words or "")[: _READ + 1].split())
        if 0 < len(label) <= _LONGEST:
            yield element, label


def _texts(found: Sequence[Any]) -> list[str | None]:
    """The texts in elements that are in the page's order; None where one is too long for a label."""
    texts, long = list[str | None](), set[Any]()
    for element in reversed(found):  # the inner ones first: what is around a long one is long, and need not be read
        texts.append(None if element in long else _text(element))
        if texts[-1] is None:
            while element is not None and element not in long:
                long.add(element)
                element = element.getparent()
    return texts[::-1]


def _text(element: Any) -> str | None:
    words, length = list[str](), 0
    for count, (event, inner) in enumerate(etree.iterwalk(element, events=("start", "end", "comment", "pi"))):
        piece = inner.text if event == "start" else inner.tail if inner is not element else None
        words.append(piece or "")
        length += len(words[-1])
        if length > _READ or count > _WALKED:
            return None
    return "".join(words)
