"""Names in params.yaml whose meaning lies elsewhere: strategies, licences, CSS selectors. Checked before any stage."""

import numpy as np

from silverprint.config import Params, WebSource
from silverprint.config.hints import hints
from silverprint.core.selection import STRATEGIES, select
from silverprint.errors import ConfigError
from silverprint.store.licenses import recognised, spdx

_HINTS = ("next", "page", "picture", "label", "listing_label")  # knobs of a crawl: selectors, perhaps an attribute
_LONGEST = 1_000  # characters of one


def check(params: Params) -> None:
    """Refuses a name that nothing knows.

    Raises:
        ConfigError: the first one, with those that are known.
    """
    _strategies(params)
    _licenses(params)
    _selectors(params)


def _strategies(params: Params) -> None:
    for name, entry in params.rounds.items():
        if entry.strategy not in STRATEGIES:
            value = f"rounds.{name}.strategy = {entry.strategy!r}"
            raise ConfigError(value, "no such acquisition function", f"use one of: {', '.join(sorted(STRATEGIES))}")
        if entry.strategy == "bald" and params.model.members < 2:
            rule = "needs two or more members of the ensemble, for it looks for where they disagree"
            value = f"rounds.{name}.strategy = 'bald' with model.members = {params.model.members}"
            raise ConfigError(value, rule, "raise model.members, or use entropy or margin")
    first = params.chain[0]
    try:  # Which strategies need a model only they know; there is none before the first round.
        none_yet = np.array([], dtype=np.int64)
        strategy = params.rounds[first].strategy
        select(strategy, embeddings=np.eye(2), probabilities=None, labeled=none_yet, budget=1, seed=0)
    except ConfigError as error:
        raise ConfigError(f"rounds.{first}.{error.value}", error.rule, error.remedy) from None


def _licenses(params: Params) -> None:
    for place, said in enumerate(params.clean.licenses):
        _license(f"clean.licenses.{place}", said, stored=said)
    for name, source in params.sources.items():
        if not isinstance(source, WebSource) and source.license is not None:
            _license(f"sources.{name}.license", source.license, stored=spdx(source.license))


def _license(where: str, said: str, stored: str | None) -> None:
    known = recognised(said)
    if known is None or known != stored:
        rule = "must be an SPDX identifier, LicenseRef-... for one of your own, or the address of a licence"
        remedy = f"did you mean {known}?" if known else "look it up at https://spdx.org/licenses"
        raise ConfigError(f"{where} = {said!r}", rule, remedy)


def _selectors(params: Params) -> None:
    from cssselect import HTMLTranslator, SelectorError

    for name, source in params.sources.items():
        for key in _HINTS if isinstance(source, WebSource) else ():
            selector = getattr(source, key)
            if selector is None:
                continue
            if len(selector) > _LONGEST:
                value, rule = f"sources.{name}.{key} has {len(selector):,} characters", f"at most {_LONGEST:,}"
                raise ConfigError(value, rule, "shorten the selector")
            try:
                for one in hints(selector):
                    HTMLTranslator().xpath(one.tree)
            except (SelectorError, RecursionError) as error:
                value = f"sources.{name}.{key} = {selector!r}"
                raise ConfigError(value, f"not a CSS selector ({error})", "compare docs/params.md") from None
