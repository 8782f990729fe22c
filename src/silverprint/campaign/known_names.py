"""Names in params.yaml that other libraries define: strategies, licences, CSS selectors. Checked before any stage."""

from silverprint.config import CrowdSource, Model, Params
from silverprint.config.css_selector import hints
from silverprint.core.licenses import recognise, spdx
from silverprint.core.selection import COLD_STARTS, STRATEGIES
from silverprint.errors import ConfigError

_SELECTORS = ("next", "page", "picture", "label", "listing_label")  # knobs of a crawl: selectors, perhaps an attribute
_LONGEST = 1_000  # characters of one selector


def check(params: Params) -> None:
    """Refuses a name that nothing knows.

    Raises:
        ConfigError: the first one, with those that are known.
    """
    _strategies(params)
    _licenses(params)
    _selectors(params)


def _strategies(params: Params) -> None:
    for section, entries in params.rounds_by_section:
        for name, entry in entries.items():
            _strategy(f"{section}.{name}.strategy = {entry.strategy!r}", entry.strategy, params.model)
    for first in params.chain[:1]:
        strategy = params.rounds[first].strategy
        value = f"rounds.{first}.strategy = {strategy!r}"
        if STRATEGIES[strategy].needs_model and not params.classifiers:
            rule = "needs the probabilities of a model, and there is none before the first round"
            raise ConfigError(value, rule, f"use one for a cold start: {', '.join(COLD_STARTS)}")
        if STRATEGIES[strategy].needs_members > 1:
            rule = "looks for where the members of a model disagree, and the classifier of the first round is one"
            raise ConfigError(value, rule, "use another one, such as entropy or margin")


def _strategy(value: str, strategy: str, model: Model) -> None:
    if strategy not in STRATEGIES:
        raise ConfigError(value, "no such acquisition function", f"use one of: {', '.join(sorted(STRATEGIES))}")
    needed = STRATEGIES[strategy].needs_members
    rule = f"needs {needed} or more members of the ensemble, for it looks for where they disagree"
    if needed > 1 and model.trainer == "finetune":
        raise ConfigError(f"{value} with model.trainer = 'finetune'", rule, "a network is one: use entropy or margin")
    if model.members < needed:
        remedy = "raise model.members, or use entropy or margin"
        raise ConfigError(f"{value} with model.members = {model.members}", rule, remedy)


def _licenses(params: Params) -> None:
    for place, said in enumerate(params.clean.licenses):
        _license(f"clean.licenses.{place}", said, stored=said)
    for name, source in params.sources.items():
        if (stated := getattr(source, "license", None)) is not None:
            _license(f"sources.{name}.license", stated, stored=spdx(stated))
        for title, theme in source.themes.items() if isinstance(source, CrowdSource) else ():
            _license(f"sources.{name}.themes.{title}.license", theme.license, stored=spdx(theme.license))


def _license(where: str, said: str, stored: str | None) -> None:
    known = recognise(said)
    if known is None or known != stored:
        rule = "must be an SPDX identifier, LicenseRef-... for one of your own, or the address of a licence"
        remedy = f"did you mean {known}?" if known else "look it up at https://spdx.org/licenses"
        raise ConfigError(f"{where} = {said!r}", rule, remedy)


def _selectors(params: Params) -> None:
    from cssselect import HTMLTranslator, SelectorError

    for name, source in params.sources.items():
        for key in _SELECTORS:
            selector = getattr(source, key, None)
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
                raise ConfigError(value, f"not a CSS selector ({error})", "compare silverprint docs params") from None
