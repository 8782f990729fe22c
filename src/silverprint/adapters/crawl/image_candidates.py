"""Address of an element's image: the largest that it names, never its placeholder."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from parsel import Selector

from silverprint.adapters.crawl.css_select import select_by_hint

# What scripts of pages that load pictures late take their addresses from; what the page shows until then is none of it.
_LATE_SET: Final = re.compile(r"(?:data-|nitro-|lazy-)[\w-]*srcset")
_LATE: Final = (
    "data-src", "data-original", "data-lazy-src", "data-lazy", "data-original-src", "data-orig-src", "data-orig-file",
    "data-large_image", "data-large-image", "data-full", "data-full-src", "data-hi-res-src", "data-hires",
    "data-zoom-image",
    "data-image", "data-image-src", "data-img", "data-img-src", "data-echo", "data-flickity-lazyload", "data-cfsrc",
    "data-pagespeed-lazy-src", "data-ll-src", "data-lazyload", "data-defer-src", "data-actualsrc", 
    "nitro-lazy-src", "lazy-src",
)  # fmt: skip
_LATE_PLACES: Final = {name: place for place, name in enumerate(_LATE)}
_BACKGROUND: Final = (
    "data-bg", "data-background", "data-background-image", "data-bg-src", "data-lazy-background", "data-lazy-bg",
)  # fmt: skip
_NOW: Final = ("src", "href", "content", "poster", "data")  # attributes of an image shown at once; the first counts
_LINKING: Final = ("a", "area", "link", "meta")
_SVG: Final = "{http://www.w3.org/1999/xlink}href"
_CANDIDATE: Final = re.compile(r"[\s,]*([^\s]+)(?:\s+([^,]*))?")
_URL: Final = re.compile(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s'\"()]*))\s*\)", re.IGNORECASE)
_COUNTING: Final = ("0", "1")  # pixels of a picture that counts visits
_CANDIDATES: Final = 256  # candidates of one srcset that are looked at
_SOURCES: Final = 32  # sources of one picture that are looked at
_SHOWABLE: Final = re.compile(r"image/(jpe?g|png|webp|gif|avif|bmp|tiff)\b", re.IGNORECASE)


class Candidate(NamedTuple):
    """One of several addresses for the same picture.

    Attributes:
        width: pixels that it states, or 0.
        density: pixels a pixel of the page.
    """

    width: float
    density: float
    address: str


def image_addresses(page: Selector, where: str | None) -> list[tuple[Any, str]]:
    """The elements that `where` (a hint) finds and shows pictures by, each with the address, as written."""
    found, meant = select_by_hint(page, where)
    attribute = meant.attribute if meant else None
    pairs = ((element, _named(element, attribute) if attribute else image_of(element)) for element in found)
    return [(element, address) for element, address in pairs if address]


def link_addresses(page: Selector, where: str | None) -> list[tuple[Any, str]]:
    """The elements that `where` (a hint) finds and that link somewhere, each with the address, as written."""
    found, meant = select_by_hint(page, where)
    attribute = meant.attribute if meant else None
    pairs = ((element, _named(element, attribute) if attribute else _at_once(element)) for element in found)
    return [(element, address) for element, address in pairs if address]


def image_of(element: Any) -> str | None:
    """The address that `element` shows its picture from, as written."""
    if element.tag in _LINKING and (link := _at_once(element)):
        return link
    around = _around(element)
    late = _largest(found for one in around for found in _sets(one, late=True))
    late = late or next((found for one in around for name in _late(one) if (found := _address(one.get(name)))), None)
    if late is None and element.tag == "img":
        late = _without_scripts(element)
    now = next((found for one in around if (one is element or one.tag != "source") and (found := _at_once(one))), None)
    candidates = [Candidate(0, 1, now)] if now and not now.startswith("data:") else []
    candidates += [found for one in around for found in _sets(one, late=False)]
    return late or _largest(candidates) or _background(element) or now


def _late(element: Any) -> list[str]:
    """Those of _LATE that `element` has, in their order; most have none."""
    return sorted(_LATE_PLACES.keys() & element.keys(), key=_LATE_PLACES.__getitem__)


def _around(element: Any) -> list[Any]:
    """The elements that show the same picture: those of one <picture>. The parser lets each <source> hold the next."""
    if element.tag == "picture":
        return list(islice(element.iter("source", "img"), _SOURCES))
    if element.tag == "img":
        above = next((one for one in islice(element.iterancestors(), _SOURCES) if one.tag != "source"), None)
        if above is not None and above.tag == "picture":
            return [element, *islice(above.iter("source"), _SOURCES)]
    return [element]


def largest_of(srcset: str) -> str | None:
    """The address of the largest picture in a `srcset`; those written into the page do not count."""
    return _largest(islice(_candidates(srcset), _CANDIDATES))


def _named(element: Any, attribute: str) -> str | None:
    """The address in one attribute, whatever its kind."""
    value = (element.get(attribute) or "").strip()
    if attribute.endswith("srcset"):
        return largest_of(value)
    return _in_css(value) or (None if attribute == "style" else value) or None


def _at_once(element: Any) -> str | None:
    found = next((value for name in _NOW if (value := (element.get(name) or "").strip())), None)
    return found or (element.get(_SVG) or element.get("xlink:href") or "").strip() or None


def _address(value: str | None) -> str | None:
    """An attribute's value, if it may be an address: a list or an object in JSON is none, nor a picture written out."""
    value = (value or "").strip()
    return (
        value
        if value and not value.startswith(("data:", "{", "[")) and value not in ("true", "false", "auto")
        else None
    )


def _sets(element: Any, late: bool) -> Iterator[Candidate]:
    kind = element.get("type")
    if element.tag == "source" and kind and not _SHOWABLE.match(kind.strip()):
        return
    for name, value in element.items():
        if (_LATE_SET.fullmatch(name) is not None) if late else name == "srcset":
            yield from islice(_candidates(value), _CANDIDATES)


def _candidates(srcset: str) -> Iterator[Candidate]:
    """Candidates of a srcset, by the HTML standard: a comma at an address's end ends it; others are part of it."""
    at = 0
    while found := _CANDIDATE.match(srcset, at):
        address, described = found[1], found[2] or ""
        at = found.end()
        if address.endswith(","):
            address, described, at = address.rstrip(","), "", found.end(1)
        if address and not address.startswith("data:"):
            yield _described(address, described)


def _described(address: str, described: str) -> Candidate:
    width, density = 0.0, 1.0
    for word in described.split():
        try:
            number = float(word[:-1])
        except ValueError:
            continue
        if word[-1] == "w":
            width = number
        elif word[-1] == "x":
            density = number
    return Candidate(width, density, address)


def _largest(candidates: Iterable[Candidate]) -> str | None:
    """The first of the largest; one that states its width goes before those that do not."""
    best = max(candidates, key=lambda one: (one.width, one.density), default=None)
    return None if best is None else best.address


def _without_scripts(element: Any) -> str | None:
    """What browsers without scripts are shown instead: the picture in a <noscript> right behind."""
    behind = next(element.itersiblings("*"), None)
    if behind is None or behind.tag != "noscript":
        return None
    inner = next(behind.iter("img"), None)
    if inner is None or inner.get("width") in _COUNTING or inner.get("height") in _COUNTING:
        return None
    return _largest(_sets(inner, late=False)) or _address(inner.get("src"))


def _background(element: Any) -> str | None:
    for name in _BACKGROUND:
        if value := (element.get(name) or "").strip():
            found = _in_css(value) or ("" if "(" in value else value)
            if found:
                return found
    return _in_css(element.get("style") or "")


def _in_css(style: str) -> str | None:
    """The first address in a declaration's `url()` that is not written out there."""
    found = (match[1] or match[2] or match[3] for match in _URL.finditer(style))
    return next((address for address in found if address and not address.startswith("data:")), None)
