"""What a site itself calls its pictures, where a source says where to look."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from parsel import Selector

from silverprint.adapters.crawl.page import address_of
from silverprint.config.hints import Hint, hint

_LONGEST: Final = 200  # characters; more is a text, and no label


def of_page(page: Selector, where: str | None) -> str | None:
    """The first label that `where` (a hint) finds on a picture's page."""
    return None if where is None else next((label for _, label in _labels(page, hint(where))), None)


def of_links(listing: Selector, links: str | None, where: str | None) -> dict[str, str]:
    """The labels of the links on a listing page, by the addresses as written there.

    A label is for the links in the smallest element around it that has any: one in an item of the list is for it alone,
    one in the page's heading for all. Of several around a link, the one in the smallest element counts; where that
    element has different ones, none does.

    Args:
        links: CSS selector of links to picture pages.
        where: a hint.
    """
    if links is None or where is None:
        return {}
    linking = listing.css(links)
    with_links = {around for link in linking for around in _around(link.root)}
    said: defaultdict[Any, set[str]] = defaultdict(set)  # by the element whose links it is for
    for element, label in _labels(listing, hint(where)):
        scope = next((around for around in _around(element.root) if around in with_links), None)
        if scope is not None:
            said[scope].add(label)
    found: dict[str, str] = {}
    for link in linking:
        labels = next((said[around] for around in _around(link.root) if around in said), set())
        address = address_of(link)
        if address is not None and len(labels) == 1:
            found.setdefault(address, *labels)
    return found


def _labels(page: Selector, where: Hint) -> Iterator[tuple[Selector, str]]:
    for element in page.css(where.selector):
        words = element.attrib.get(where.attribute) if where.attribute else element.xpath("string()").get()
        label = " ".join((words or "").split())
        if 0 < len(label) <= _LONGEST:
            yield element, label


def _around(element: Any) -> Iterator[Any]:
    """An element of lxml's, and those that it is in, the smallest first."""
    yield element
    yield from element.iterancestors()
