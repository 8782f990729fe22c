"""What a picture's page says: which pictures, under which licence, and whether they may be kept."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin

from parsel import Selector

from silverprint.fetching.directives import forbids
from silverprint.store.licenses import spdx


class License(NamedTuple):
    name: str | None  # SPDX or address
    evidence: str | None  # json-ld | rel-license


_DATA_SHOWN = 60  # characters kept of a picture written into its page: it is no address, and may be megabytes
UNKNOWN = License(None, None)


def links(page: Selector, selector: str | None) -> list[str]:
    """The addresses in the elements that `selector` finds, as written, each once, in the page's order."""
    if selector is None:
        return []
    return list(dict.fromkeys(filter(None, map(address_of, page.css(selector)))))


def address_of(element: Selector) -> str | None:
    """The address that an element has, as written."""
    attributes = element.attrib
    found = attributes.get("src") or attributes.get("href") or attributes.get("content")
    return (found or "").strip() or None


def absolute(base: str, address: str) -> str:
    """`address`, found on the page `base`, in full and without a fragment; as written where it is no address."""
    if address.startswith("data:"):
        return address[:_DATA_SHOWN]
    try:
        return urldefrag(urljoin(base, address)).url
    except ValueError:
        return address


def meta_forbids(page: Selector, agent: str) -> bool:
    """Whether a robots meta tag, for everyone or for `agent`, forbids to keep the page's pictures."""
    contents = [
        tag.attrib.get("content", "")
        for tag in page.css("meta[name]")
        if tag.attrib["name"].strip().lower() in {"robots", agent}
    ]
    return forbids(contents, agent)


class Licenses:
    """The licences a page states: schema.org's for one picture before the page's own `rel=license`.

    Args:
        page: the parsed page.
        base: its address.
    """

    def __init__(self, page: Selector, base: str) -> None:
        self._base = base
        self._objects = [item for item in _json_ld(page) if _is_image(item)]
        linked = page.css("a[rel~=license], link[rel~=license], area[rel~=license]")
        self._linked = next((href for tag in linked if (href := tag.attrib.get("href"))), None)

    def of(self, picture: str) -> License:
        """The licence of the picture at the address `picture`."""
        stated = next(filter(None, (self._stated(item) for item in self._about(picture))), None)
        if stated:
            return License(spdx(self._absolute(stated)), "json-ld")
        if self._linked:
            return License(spdx(self._absolute(self._linked)), "rel-license")
        return UNKNOWN

    def _about(self, picture: str) -> list[dict[str, Any]]:
        """The image objects that name this picture, or else those that name none."""
        naming = [(item, self._addresses(item)) for item in self._objects]
        exact = [item for item, addresses in naming if picture in addresses]
        return exact or [item for item, addresses in naming if not addresses]

    def _addresses(self, item: dict[str, Any]) -> set[str]:
        values = (item.get("contentUrl"), item.get("url"))
        return {absolute(self._base, value) for value in values if isinstance(value, str) and value}

    def _stated(self, item: dict[str, Any]) -> str | None:
        value = item.get("license")
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        return value if isinstance(value, str) and value.strip() else None

    def _absolute(self, license_: str) -> str:
        return absolute(self._base, license_) if license_.startswith(("/", "./", "../")) else license_


def _json_ld(page: Selector) -> Iterator[dict[str, Any]]:
    for text in page.css('script[type="application/ld+json"]::text').getall():
        try:
            yield from _objects(json.loads(text))
        except (ValueError, RecursionError):
            continue  # a page's broken markup states nothing


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _is_image(item: dict[str, Any]) -> bool:
    kinds = item.get("@type")
    return bool({"ImageObject", "Photograph"} & set(kinds if isinstance(kinds, list) else [kinds]))
