"""Settings of a new site, with the selectors that a look at it proposes: what `source add` and `init` write."""

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from silverprint import config
from silverprint.console import say
from silverprint.errors import NothingFoundError, SilverprintError

if TYPE_CHECKING:
    from silverprint.adapters.crawl.first_look import Look

_GUESS: Final = "img"  # all pictures of its first page


def proposed(
    name: str, address: str, known: Mapping[str, Any], params: Mapping[str, Any], *, force: bool
) -> dict[str, Any]:
    """The entry of a site, after a look at its first pages.

    Args:
        known: knobs that were given; the other selectors are proposed.
        params: params.yaml, to whose sources it is added; what it says of the site is checked before the look.
        force: whether a site at which nothing was found has an entry, too.

    Raises:
        ConfigError: a knob breaks a rule.
        UnavailableError: the site does not let us in.
        NothingFoundError: no picture was found on the site.
    """
    entry: dict[str, Any] = {"kind": "web", "revision": 1, "start": [address], **known}
    sources = params.get("sources") or {}
    checked = config.check({**params, "sources": {**sources, name: {"picture": _GUESS, **entry}}}).sources[name]
    assert isinstance(checked, config.WebSource)  # noqa: S101 (its kind says so)
    found = _look(name, checked, known)
    selectors = found.selectors._asdict()
    for knob, selector in selectors.items():
        whose = "given" if known.get(knob) else "proposed" if selector else "none found"
        say(f"  sources.{name}.{knob}: {selector or '-'} ({whose})")
    say(
        f"  {address} links to {found.links} pages; {found.pictures} pictures on {'the first' if found.links else 'it'}"
    )
    if not found.pictures:
        if not force:
            value = f"sources.{name}.picture = {found.selectors.picture!r}"
            remedy = (
                "give --next, --page, --picture (silverprint docs crawls), or write the entry nevertheless with --force"
            )
            raise NothingFoundError(value, f"no picture was found {found.where}", remedy)
        say("  nothing was found; the entry is written because of --force")
        selectors["picture"] = selectors["picture"] or _GUESS
    return entry | {knob: selector for knob, selector in selectors.items() if selector}


def guessed(address: str) -> dict[str, Any]:
    """The entry of a site that nobody has looked at."""
    return {"kind": "web", "revision": 1, "start": [address], "picture": _GUESS}


def proposed_or_guessed(name: str, address: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """As `proposed`; of a site that shows nothing today, an entry with a guess, and lines that say why."""
    try:
        return proposed(name, address, {}, params, force=False)
    except SilverprintError as error:
        say(f"  {error.value}: {error.rule}")
        say(f"  sources.{name}.picture: {_GUESS} (a guess: correct it in params.yaml; silverprint docs crawls)")
        return guessed(address)


def _look(name: str, source: config.WebSource, known: Mapping[str, Any]) -> "Look":
    """In a process of its own: Twisted's reactor starts once in each, and a campaign may begin with several sites."""
    from silverprint.adapters.crawl.first_look import Selectors, look  # loads Scrapy, which no other source needs

    given = Selectors(*(known.get(knob) for knob in Selectors._fields))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(look, name, source, given).result()
