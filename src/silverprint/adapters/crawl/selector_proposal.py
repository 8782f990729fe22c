"""Proposal of selectors for a site that nobody has described yet, made of the markup of two of its pages.

Each element names a few short selectors by its classes and those around it; each selector is rated by how many of the
wanted elements it finds, and how many others. One pass over a page, so that its time is linear in the page.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from silverprint.adapters.crawl.css_select import select
from silverprint.adapters.crawl.link_extraction import image_addresses, link_addresses

_NAME: Final = re.compile(r"[A-Za-z_][\w-]{0,60}")
_AROUND: Final = re.compile(r"pag(e|ing|inat)|nav|menu|footer|header|breadcrumb|cookie|sidebar|social", re.IGNORECASE)
_FRAME: Final = ("nav", "header", "footer", "aside")
_NEXT: Final = ("link[rel=next]", "a[rel=next]", "a.next", ".next a", ".next > a", "a.pagination-next")
_NEXT_WORDS: Final = re.compile(r"\W*(next|older|more|weiter|nächste|suivante?|siguiente)?( page)?\W*", re.IGNORECASE)
_ARROWS: Final = re.compile(r"[›»→>]")
_ABOVE: Final = 3  # elements around one whose names are looked at
_DEEPEST: Final = 64  # elements around one that may be the page's frame
_MOST: Final = 2_000  # elements of one kind that are looked at
_CARD_LINKS: Final = 3  # links that one card of a list has at most
_LINKED: Final = 2  # links of a listing page to one picture page: of its picture, of its name
_OTHERS: Final = 2.0  # weight of an unwanted element against a wanted one
_UNKNOWN: Final = 0.0  # area of a picture whose page does not say it


def next_page(listing: Selector) -> str | None:
    """The selector of the link to the next listing page."""
    for selector in _NEXT:
        if link_addresses(listing, selector):
            return selector
    for link in islice(select(listing, "a[href]"), _MOST):
        said = " ".join("".join(islice(link.itertext(), 20)).split())[:40]
        if said and _NEXT_WORDS.fullmatch(said) and (re.search(r"\w", said) or _ARROWS.search(said)):
            alone = [one for one in _selectors(link) if len(select(listing, one)) == 1]
            return next(iter(alone), None)
    return None


def picture_pages(listing: Selector, address: str) -> str | None:
    """The selector of links that repeat, each with a picture in it or beside it: those to pages of single pictures.

    Args:
        address: of the page; links to other hosts are none.
    """
    links = [one for one in islice(select(listing, "a[href]"), _MOST) if _leads_on(one, address)]
    framed, often = _Framed(), Counter(link.get("href") for link in links)
    own = [link for link in links if often[link.get("href")] <= _LINKED and not framed(link)]
    inside = {link for link in own if next(link.iter("img", "picture"), None) is not None}
    shown = inside if len(inside) > 1 else {link for link in own if _is_beside_picture(link)}
    return _best(links, lambda link: link in shown, least=2)


def pictures(page: Selector, *, repeated: bool = False) -> str | None:
    """The selector of the largest picture of a page; of a listing page, of those that repeat.

    Pictures of one look (classes of their own and of what is around them) count as one. Where a page does not say how
    large they are, those that come first in its body count, and in a listing the most.
    """
    framed = _Framed()
    found = [element for element, _ in islice(image_addresses(page, "img, [data-bg], [data-background]"), _MOST)]
    bodies = [one for one in found if not framed(one)] or found
    if not bodies:
        return None
    looks = Counter(map(_look, bodies))
    key: Callable[[Any], float] = (lambda one: looks[_look(one)]) if repeated else _area
    wanted = _look(max(bodies, key=key))
    inside = set(bodies)
    return _best(found, lambda one: one in inside and _look(one) == wanted, least=1)


def _best(elements: Iterable[Any], wanted: Callable[[Any], bool], least: int) -> str | None:
    """The selector that finds most of the wanted elements and fewest others; of equals the first that one names."""
    hits: defaultdict[str, int] = defaultdict(int)
    others: defaultdict[str, int] = defaultdict(int)
    for element in elements:
        counted = hits if wanted(element) else others
        for selector in _selectors(element):
            counted[selector] += 1
    rated = {selector: count - _OTHERS * others[selector] for selector, count in hits.items() if count >= least}
    best = max(rated, key=rated.__getitem__, default=None)
    return best if best is not None and rated[best] > 0 else None


def _selectors(element: Any) -> Iterator[str]:
    """Short selectors that find it, each once, the clearest first."""
    tag, found = element.tag, dict[str, None]()
    found |= dict.fromkeys(f"{tag}.{name}" for name in _classes(element))
    for above in islice(element.iterancestors(), _ABOVE):
        if not isinstance(above.tag, str) or above.tag in ("body", "html"):
            break
        found |= dict.fromkeys(f"{above.tag}.{name} {tag}" for name in _classes(above))
        if _NAME.fullmatch(above.get("id") or ""):
            found[f"#{above.get('id')} {tag}"] = None
    parent = element.getparent()
    if parent is not None and isinstance(parent.tag, str) and _NAME.fullmatch(parent.tag):
        found[f"{parent.tag} > {tag}"] = None
    yield from found
    yield tag


def _classes(element: Any) -> list[str]:
    return [name for name in (element.get("class") or "")[:1_000].split() if _NAME.fullmatch(name)]


def _look(element: Any) -> tuple[Any, ...]:
    parent = element.getparent()
    return element.tag, element.get("class"), parent.tag, parent.get("class")


def _area(element: Any) -> float:
    sides = [re.match(r"\s*(\d{1,6})", element.get(side) or "") for side in ("width", "height")]
    return float(sides[0][1]) * float(sides[1][1]) if sides[0] and sides[1] else _UNKNOWN


def _leads_on(link: Any, address: str) -> bool:
    """Whether it links to another page of the site."""
    written = (link.get("href") or "").strip()
    if not written or written.startswith("#") or set((link.get("rel") or "").split()) & {"next", "prev", "nofollow"}:
        return False
    try:
        there, here = urlsplit(urljoin(address, written)), urlsplit(address)
    except ValueError:
        return False
    return there.scheme in ("http", "https") and there.netloc == here.netloc and there.path != here.path


def _is_beside_picture(link: Any) -> bool:
    """Whether the card around it, which has few other links, shows a picture."""
    for around in islice(link.iterancestors(), _ABOVE):
        if len(list(islice(around.iter("a"), _CARD_LINKS + 1))) > _CARD_LINKS:
            return False
        if next(around.iter("img", "picture"), None) is not None:
            return True
    return False


class _Framed:
    """Whether an element is in what is around every page: menus, headers, footers."""

    def __init__(self) -> None:
        self._known: dict[Any, bool] = {}

    def __call__(self, element: Any) -> bool:
        way, found = list[Any](), False
        for above in islice(element.iterancestors(), _DEEPEST):
            if above in self._known:
                found = self._known[above]
                break
            way.append(above)
            if above.tag in _FRAME or (above.tag not in ("body", "html") and _AROUND.search(above.get("class") or "")):
                found = True
                break
        self._known.update(dict.fromkeys(way, found))
        return found
