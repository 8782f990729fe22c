"""Address of an element's image: the largest that it names, never its placeholder."""

import re
from collections.abc import Iterable
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
_CANDIDATE: Final = re.compile(r"[\s,]*+([^\s]++)(?:\s++([^,]*+))?")
_CSS: Final = re.compile(r"url\(", re.IGNORECASE)
_URL: Final = re.compile(r"url\(\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s'\"()]*+))\s*+\)", re.IGNORECASE)
_COUNTING: Final = ("0", "1")  # pixels of a picture that counts visits
_CANDIDATES: Final = 256  # candidates of one srcset that are looked at
_DESCRIBED: Final = 100  # characters of each candidate's description that are looked at
_LONGEST: Final = 1_000_000  # characters of one srcset that are looked at
_URLS: Final = 256  # `url(` of one declaration that are looked at
_WRITTEN: Final = 20_000  # characters of one `url()`; what is longer is no address
_SOURCES: Final = 32  # sources of one picture that are looked at
_SHOWABLE: Final = re.compile(r"image/(jpe?g|png|webp|gif|avif|bmp|tiff)\b", re.IGNORECASE)


class _Candidate(NamedTuple):
    """One of several addresses for the same picture.

    Attributes:
        width: pixels that it states, or 0.
        density: pixels a pixel of the page.
    """

    width: float
    density: float
    address: str


class _Said(NamedTuple):
    """What one element says of its picture, beside what is there at once.

    Attributes:
        late: the largest in the srcsets for scripts.
        now: the largest in its srcset.
        alone: an address for scripts.
    """

    late: _Candidate | None
    now: _Candidate | None
    alone: str | None


def image_addresses(page: Selector, where: str | None) -> list[tuple[Any, str]]:
    """The elements that `where` (a hint) finds and shows pictures by, each with the address, as written."""
    sets = _Sets()
    pairs = (
        (element, _named(element, attribute) if attribute else _image_of(element, sets))
        for element, attribute in select_by_hint(page, where)
    )
    return [(element, address) for element, address in pairs if address]


def link_addresses(page: Selector, where: str | None) -> list[tuple[Any, str]]:
    """The elements that `where` (a hint) finds and that link somewhere, each with the address, as written."""
    pairs = (
        (element, _named(element, attribute) if attribute else _at_once(element))
        for element, attribute in select_by_hint(page, where)
    )
    return [(element, address) for element, address in pairs if address]


def _image_of(element: Any, sets: "_Sets") -> str | None:
    """The address that `element` shows its picture from, as written."""
    if element.tag in _LINKING and (link := _at_once(element)):
        return link
    around = sets.around(element)
    said = [sets.said(one) for one in around]
    late = _largest([one.late for one in said]) or next((one.alone for one in said if one.alone), None)
    if late is None and element.tag == "img":
        late = _without_scripts(element, sets)
    now = next((found for one in around if (one is element or one.tag != "source") and (found := _at_once(one))), None)
    candidates = [_Candidate(0, 1, now)] if now and not now.startswith("data:") else []
    return late or _largest([*candidates, *(one.now for one in said)]) or _background(element) or now


class _Sets:
    """What the elements of a page say of pictures: of each read once, however many others it is for."""

    def __init__(self) -> None:
        self._said: dict[Any, _Said] = {}
        self._sources: dict[Any, list[Any]] = {}  # by the <picture> that they are in

    def said(self, element: Any) -> _Said:
        if element not in self._said:
            self._said[element] = _read(element)
        return self._said[element]

    def around(self, element: Any) -> list[Any]:
        """The elements that show the same picture: those of one <picture>. The parser lets a <source> hold the next."""
        if element.tag == "picture":
            return list(islice(element.iter("source", "img"), _SOURCES))
        if element.tag == "img":
            above = next((one for one in islice(element.iterancestors(), _SOURCES) if one.tag != "source"), None)
            if above is not None and above.tag == "picture":
                if above not in self._sources:
                    self._sources[above] = list(islice(above.iter("source"), _SOURCES))
                return [element, *self._sources[above]]
        return [element]


def _read(element: Any) -> _Said:
    names = element.keys()
    alone = sorted((name for name in names if name in _LATE_PLACES), key=_LATE_PLACES.__getitem__)
    address = next((found for name in alone if (found := _address(element.get(name)))), None)
    sets = [name for name in names if name.endswith("srcset")]
    kind = element.get("type") if sets and element.tag == "source" else None
    if kind and not _SHOWABLE.match(kind.strip()):
        return _Said(None, None, address)
    late = [_largest_in(element.get(name)) for name in sets if _LATE_SET.fullmatch(name)]
    return _Said(_largest_of(late), _largest_in(element.get("srcset")) if "srcset" in sets else None, address)


def largest_of(srcset: str) -> str | None:
    """The address of the largest picture in a `srcset`; those written into the page do not count."""
    found = _largest_in(srcset)
    return None if found is None else found.address


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


def _largest_in(srcset: str) -> _Candidate | None:
    """The largest candidate, by the HTML standard: a comma at an address's end ends it; others are part of it."""
    at, srcset, best = 0, srcset[:_LONGEST], None
    for _ in range(_CANDIDATES):
        found = _CANDIDATE.match(srcset, at)
        if found is None:
            break
        address, described = found.groups("")
        at = found.end()
        if address.endswith(","):
            address, described, at = address.rstrip(","), "", found.end(1)
        if address and not address.startswith("data:"):
            size = _size(described[:_DESCRIBED])
            if best is None or size > best[:2]:
                best = _Candidate(*size, address)
    return best


def _size(described: str) -> tuple[float, float]:
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
    return width, density


def _largest(candidates: Iterable[_Candidate | None]) -> str | None:
    best = _largest_of(candidates)
    return None if best is None else best.address


def _largest_of(candidates: Iterable[_Candidate | None]) -> _Candidate | None:
    """The first of the largest; one that states its width goes before those that do not."""
    found = [one for one in candidates if one is not None]
    return max(found, key=lambda one: one[:2]) if found else None


def _without_scripts(element: Any, sets: _Sets) -> str | None:
    """What browsers without scripts are shown instead: the picture in a <noscript> right behind."""
    behind = next(element.itersiblings("*"), None)
    if behind is None or behind.tag != "noscript":
        return None
    inner = next(behind.iter("img"), None)
    if inner is None or inner.get("width") in _COUNTING or inner.get("height") in _COUNTING:
        return None
    return _largest([sets.said(inner).now]) or _address(inner.get("src"))


def _background(element: Any) -> str | None:
    for name in _BACKGROUND:
        if value := (element.get(name) or "").strip():
            found = _in_css(value) or ("" if "(" in value else value)
            if found:
                return found
    return _in_css(element.get("style") or "")


def _in_css(style: str) -> str | None:
    """The first address in a declaration's `url()` that is not written out there."""
    starts = (start.start() for start in islice(_CSS.finditer(style), _URLS))
    matches = (_URL.match(style, start, start + _WRITTEN) for start in starts)
    found = (match[1] or match[2] or match[3] for match in matches if match)
    return next((address for address in found if address and not address.startswith("data:")), None)
