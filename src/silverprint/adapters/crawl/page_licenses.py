"""Facts a page states about its images: their addresses and their licence."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from parsel import Selector

from silverprint.adapters.crawl import link_extraction
from silverprint.adapters.crawl.css_select import select
from silverprint.adapters.crawl.page_bounds import count_json_values
from silverprint.core.licenses import spdx
from silverprint.fetching.urls import LONGEST, resolve_url


class License(NamedTuple):
    name: str | None  # SPDX or address
    evidence: str | None  # json-ld | rel-license


_DATA_SHOWN = 60  # characters kept of a picture written into its page: it is no address, and may be megabytes
_SHOWN = 200  # characters kept of what is too long for an address
UNKNOWN = License(None, None)
_spdx = lru_cache(1024)(spdx)
_ELSEWHERE = re.compile(r"\s*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # javascript:, mailto: name no licence


class Place:
    """Where a page is, for the addresses in it.

    Args:
        page: the parsed page.
        url: its address.
        encoding: its own.
    """

    def __init__(self, page: Selector, url: str, encoding: str = "utf-8") -> None:
        self._base, self._encoding = url, encoding
        self._full: dict[str, str] = {}
        base = next((href for tag in select(page, "base[href]") if (href := tag.get("href")) is not None), None)
        if base is not None:
            found = self._located(base)
            if found.startswith(("http://", "https://")):
                self._base = found

    def full(self, address: str) -> str:
        """`address`, found on the page, in full and without a fragment; as written where it is no address."""
        if address not in self._full:
            self._full[address] = self._located(address)
        return self._full[address]

    def _located(self, address: str) -> str:
        if address.startswith("data:"):
            return address[:_DATA_SHOWN]
        if len(address) > LONGEST:
            return f"({len(address)} characters) {address[:_SHOWN]}"
        try:
            return resolve_url(address, self._base, self._encoding)
        except ValueError:
            return address


def absolute_url(base: str, address: str) -> str:
    """`address`, found at the address `base`, as Place.full has it."""
    return Place(Selector(""), base).full(address)


def links(page: Selector, where: str | None) -> list[str]:
    """Where the elements that `where` (a hint) finds link to, as written, each once, in the page's order."""
    return list(dict.fromkeys(address for _, address in link_extraction.link_addresses(page, where)))


class Licenses:
    """The licences a page states: schema.org's for one picture before the page's own `rel=license`.

    Args:
        page: the parsed page.
        place: where it is, or its address.

    Raises:
        TooLarge: from the constructor; it states more than may be read.
    """

    def __init__(self, page: Selector, place: Place | str) -> None:
        self._place = Place(page, place) if isinstance(place, str) else place
        self._of: defaultdict[str | None, list[dict[str, Any]]] = defaultdict(list)  # by picture; None: they name none
        for item in _json_ld(page):
            if _is_image(item):
                for address in self._addresses(item) or (None,):
                    self._of[address].append(item)
        linked = select(page, "a[rel~=license], link[rel~=license], area[rel~=license]")
        hrefs = (tag.get("href", "") for tag in linked)
        self._linked = next((href for href in hrefs if href and not _ELSEWHERE.match(href)), None)
        self._stated: dict[str | None, License | None] = {}  # by picture, as `of` found it

    def of(self, picture: str) -> License:
        """The licence of the picture at the address `picture`."""
        named = picture if picture in self._of else None
        if named not in self._stated:
            stated = next(filter(None, map(_stated, self._of.get(named, ()))), None)
            self._stated[named] = License(_spdx(self._absolute(stated)), "json-ld") if stated else None
        return self._stated[named] or self._of_page()

    def _of_page(self) -> License:
        return License(_spdx(self._absolute(self._linked)), "rel-license") if self._linked else UNKNOWN

    def _addresses(self, item: dict[str, Any]) -> set[str]:
        values = (item.get("contentUrl"), item.get("url"))
        return {self._place.full(value) for value in values if isinstance(value, str) and value}

    def _absolute(self, license_: str) -> str:
        return self._place.full(license_) if license_.startswith(("/", "./", "../")) else license_


def _stated(item: dict[str, Any]) -> str | None:
    value = item.get("license")
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return value if isinstance(value, str) and value.strip() else None


def _json_ld(page: Selector) -> Iterator[dict[str, Any]]:
    values = 0
    for script in select(page, 'script[type="application/ld+json"]'):
        values = count_json_values(script.text or "", values)
        try:
            yield from _objects(json.loads(script.text or ""))
        except (ValueError, RecursionError):
            continue  # a page's broken markup states nothing


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """All in it, the outer before the inner, in their order."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += reversed(value.values())
        elif isinstance(value, list):
            waiting += reversed(value)


def _is_image(item: dict[str, Any]) -> bool:
    kinds = item.get("@type")
    stated = kinds if isinstance(kinds, list) else [kinds]
    names = (re.split("[/#:]", kind)[-1] for kind in stated if isinstance(kind, str))  # or the address of its type
    return any(name in ("ImageObject", "Photograph") for name in names)
