"""Refusals that a page demands for the pictures it shows: by its head, its meta tags, or its site's files."""

from collections.abc import Container, Iterable
from typing import Final, NamedTuple

from parsel import Selector
from scrapy.http import Response

from silverprint.adapters.crawl import scrapy_response
from silverprint.adapters.crawl.css_select import select
from silverprint.config import Signal
from silverprint.core.reservations import RESERVED, Statement, forbid, written
from silverprint.fetch_result import Answer
from silverprint.fetching.reservations import of_meta
from silverprint.fetching.robots.directives import INDEXING, words

# What these say of a page holds for its pictures on other hosts; those on its own were looked up under their own
# addresses. An ai.txt speaks of kinds of files, so that what it says of the page tells nothing about a picture.
_OF_THE_SITE: Final = frozenset({"robots.txt", "tdmrep.json"})


class Refusals(NamedTuple):
    """
    Attributes:
        origin: the page's scheme, host and port.
        everywhere: the refusal of every picture on it.
        elsewhere: the refusal of those on other hosts.
    """

    origin: str = ""
    everywhere: Answer | None = None
    elsewhere: Answer | None = None

    def of(self, picture: str) -> Answer | None:
        """The refusal of the picture at that address, in full."""
        return self.everywhere or (self.elsewhere if _origin(picture) != self.origin else None)


def page_refusals(response: Response, markup: Selector, agent: str, respect: Container[Signal]) -> Refusals:
    """What the page in `response` demands.

    Args:
        markup: the parsed page.
    """
    said = scrapy_response.statements(response)
    tags = _contents(markup, {"robots", agent})
    meta = of_meta(tags, _contents(markup, {"tdm-reservation"}), agent, respect)
    shown = [one for one in said if one.place == "header"] + list(meta)
    reason = scrapy_response.head_refusal(response, agent)
    if reason is None and _forbid(tags, meta, agent):
        reason = "meta-robots"
    elif reason is None and forbid(meta):
        reason = RESERVED
    site = [one for one in said if one.place in _OF_THE_SITE]
    return Refusals(
        _origin(response.url),
        None if reason is None else _refused(response, reason, shown),
        _refused(response, RESERVED, site) if forbid(site) else None,
    )


def _forbid(tags: Iterable[str], meta: Iterable[Statement], agent: str) -> bool:
    """Whether robots meta tags do."""
    return not INDEXING.isdisjoint(words(tags, agent)) or forbid(one for one in meta if one.signal == "noml")


def _contents(markup: Selector, names: Container[str]) -> list[str]:
    return [tag.get("content", "") for tag in select(markup, "meta[name]") if tag.get("name").strip().lower() in names]


def _refused(response: Response, reason: str, said: Iterable[Statement]) -> Answer:
    on_page = (one._replace(place=f"page-{one.place}") for one in said)
    return scrapy_response.page_answer(response, "refused", reason)._replace(reservation=written(on_page))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3]).lower()
