"""Summary at the end of a crawl: where it stopped, what it did not find, what refused it."""

from collections.abc import Mapping
from typing import Final

from silverprint.adapters.crawl.page_bounds import MAX_CHARACTERS, MAX_TAGS, TOO_LARGE
from silverprint.adapters.crawl.selector_report import Findings
from silverprint.adapters.crawl.stop_rules import StopRules
from silverprint.config import WebSource
from silverprint.console import say
from silverprint.errors import NothingFoundError, UnavailableError
from silverprint.fetching.address_guard import target
from silverprint.fetching.refusals import DOWN, NoImage
from silverprint.store.intake import Intake

_DEMO: Final = "127.0.0.1:8600"  # address of the sample shop
_TAKEN_DOWN: Final = "taken-down"


def conclude(
    name: str,
    source: WebSource,
    dead_ends: Mapping[str, str],
    patience: StopRules,
    findings: Findings,
    intake: Intake,
) -> None:
    """Prints the summary, or raises where the run cannot go on.

    Raises:
        UnavailableError: a listing page is not there, or nobody let the crawl in at any start page.
        NothingFoundError: nothing was found, and the source has no pictures yet.
    """
    for line in patience.reasons.values():
        say(f"acquire {name}: {line}")
    shut = dead_ends
    if findings.refused and not findings.listings and _TAKEN_DOWN not in findings.refused.values():
        shut = dict(dead_ends) or findings.refused
    for url, reason in shut.items():
        raise refused_page(name, source, url, reason)
    for url, reason in findings.refused.items():
        say(f"acquire {name}: {url} was refused ({reason})")
    nothing = findings.nothing()
    bare = [f"the start page {url} led nowhere: nothing was found {where}" for url, where in findings.bare.items()]
    lines = bare if nothing is None else [nothing]
    if lines and not intake.has_pictures():
        raise NothingFoundError(
            lines[0], "the source has no pictures", "fix the selector or the address (silverprint docs crawls)"
        )
    for line in lines:
        say(f"acquire {name}: {line}")


def refused_page(name: str, source: WebSource, url: str, reason: str) -> UnavailableError:
    """The error for a listing page that cannot be had, with the knob that helps."""
    return UnavailableError(f"sources.{name}: {url}", _rule(reason), _remedy(name, source, url, reason))


def _rule(reason: str) -> str:
    if reason in DOWN:
        return f"the site does not answer ({reason})"
    return f"the page cannot be fetched ({reason})"


def _remedy(name: str, source: WebSource, url: str, reason: str) -> str:
    """The knob that helps."""
    knob = f"sources.{name}"
    place = _place(url)
    if reason == "private-address":
        return f"if it is a network of your own, add {place} to {knob}.allow_private"
    if reason == "robots":
        return f"its robots.txt forbids it to {source.user_agent.split('/')[0]}: ask its owner, or remove {knob}"
    if reason in ("http-401", "http-403", "http-429"):
        return f"say who you are in {knob}.user_agent; what else a site wants goes into {knob}.cookies, headers"
    if reason == "redirect-loop":
        return f"it redirects in a cycle, as sites do that want a cookie first: set it in {knob}.cookies"
    if reason == TOO_LARGE:
        return f"a page has {MAX_CHARACTERS:,} characters and {MAX_TAGS:,} tags at most: begin at smaller ones"
    if reason == "too-large":
        return f"raise {knob}.max_bytes"
    if reason == "unknown-host" or reason.startswith("http-4"):
        return f"fix the address in {knob}.start, then run again"
    if place == _DEMO:
        return "start it (make demo), then run again to go on"
    return f"start it, or look at the address in {knob}.start, then run again to go on"


def _place(url: str) -> str:
    """Host and port of the address, in the form of allow_private."""
    try:
        host, port = target(url)
    except (ValueError, NoImage):
        return url
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
