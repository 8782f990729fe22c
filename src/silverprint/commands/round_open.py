"""silverprint round add | open: the plan of the rounds, and a lead's word that one of them may be asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from silverprint import config, layout, yamltext
from silverprint.adapters import git
from silverprint.campaign import (
    account_names,
    annotator_ledger,
    askable_pictures,
    forecast,
    forecast_text,
    known_names,
    ledgers,
    promise_reach,
    round_plan,
    round_state,
)
from silverprint.config import CROWD, START, Params, Round
from silverprint.console import say
from silverprint.errors import ConfigError, UsageError
from silverprint.records import ASKS, empty
from silverprint.store import files

_STEPS: Final = "go on: silverprint repro"


def add(params: Params, name: str, **knobs: Any) -> None:
    """Plans `name` behind the other rounds, as the last of them but for the knobs that are given.

    Raises:
        UsageError: there is such a round.
        ConfigError: a knob breaks a rule.
    """
    if name in params.round_names:
        section = "planned" if name in params.planned else "rounds"
        raise UsageError(f"round {name!r}", "params.yaml has it already", f"change {section}.{name} there")
    text = round_plan.plan(yamltext.read(layout.PARAMS), name, _given(knobs))
    planned = config.parse(text)
    known_names.check(planned)
    files.write_text(layout.PARAMS, text)
    following = next(iter(planned.planned))
    say(f"{name} is planned, and nobody is asked; the next to open: silverprint round open {following}")


def open_round(params: Params, name: str, **knobs: Any) -> None:
    """Says what `name` costs and opens it after the last opened round, as planned but for the knobs that are given.
    A round that is not planned is planned and opened at once; where others are planned, only with a knob.

    Raises:
        UsageError: it is open already, and knobs are given; it is not planned, others are, and no knob is given; or
            nothing is left to ask.
        ConfigError: the round before is not closed, or a knob breaks a rule.
    """
    given = _given(knobs)
    if name in params.rounds:
        _open_already(params, name, given)
        return
    _require_closed(params.last)
    text = yamltext.read(layout.PARAMS)
    if name not in params.planned:
        text = round_plan.plan(text, name, given)
    text = round_plan.open_planned(text, name, given)
    opened = config.parse(text)
    known_names.check(opened)
    _require_meant(params, name, given)
    entry = opened.rounds[name]
    if name not in params.planned:
        say(_unplanned(params, name, entry))
    left = forecast.unasked_pictures(opened)
    _require_something_left(params, name, entry, left)
    say(forecast_text.needs(name, forecast.cost(opened, name, left), params.people.currency))
    if left is None:
        say(_no_pictures(name))
    if shares := forecast.first_shares(opened, left):
        say(forecast_text.small_pool(name, shares, opened.evaluation.size))
    if lack := promise_reach.lack(opened):
        say(lack)
    if left == 0:
        say(f"{name}: nobody is left to ask about for the first time; it gives earlier pictures a second look alone")
    _write_asks(name)
    files.write_text(layout.PARAMS, text)
    ledgers.decide(name, "opened", None, git.who(Path.cwd()))
    take_back = f'silverprint round remove {name} --why "..."'
    say(f"{name} is open after {entry.prev}; nobody is asked before silverprint repro; to take it back: {take_back}")
    for lack in (_lack_of_people(opened, name), *_lack_of_tiers(opened, name)):
        if lack:
            say(lack)
    say(_STEPS)


def _unplanned(params: Params, name: str, entry: Round) -> str:
    """What a round asks that nobody planned."""
    like = f"; what no option says is as in {params.round_names[-1]}" if params.round_names else ""
    least, most = entry.least_overlap, entry.most_overlap
    people = f"{least}" if least == most else f"{least} to {most}"
    return f"{name} was not planned: strategy {entry.strategy}, budget {entry.budget:,}, overlap {people}{like}"


def _require_something_left(params: Params, name: str, entry: Round, left: int | None) -> None:
    if left is not None and not askable_pictures.is_enough(params, entry, left):
        ways = askable_pictures.ways_on(name, first=not params.chain)
        raise UsageError(f"round {name!r}", askable_pictures.none_left(), ways)


def _no_pictures(name: str) -> str:
    first = "nobody has read the pictures on this machine, so this is what params.yaml asks for if there are enough"
    return f"{name}: {first}; to see what there is before you ask: take the round back, then silverprint repro"


def _lack_of_people(params: Params, name: str) -> str | None:
    """A sentence where fewer people have an account than are to look at one picture, as far as this machine knows."""
    entry, first = params.rounds[name], params.rounds[name].prev == START
    most, there = max(entry.most_overlap, params.evaluation.overlap if first else 1), len(account_names.invited())
    if there >= most:
        return None
    so_far = f"{there} {'person has' if there == 1 else 'people have'}" if there else "nobody has"
    need = f"{most} people are to look at a picture" if most > 1 else "somebody is to look at each picture"
    before = "" if there else " (first: silverprint studio up)"
    return f"{so_far} an account yet, and {need}: silverprint people invite NAME{before}"


def _lack_of_tiers(params: Params, name: str) -> Iterator[str]:
    """A sentence for each tier that the round may ask, and of which fewer people were invited than are to look at one
    picture. Classes lead to a tier where a model has said something: after the first round, or with a classifier.
    """
    entry, first = params.rounds[name], params.rounds[name].prev == START
    wanted = {params.evaluation.tier: params.evaluation.overlap} if first or entry.audit else {}
    for rule in params.classes.values() if params.classifiers or not first else ():
        tier = params.tiers.get(rule.tier)
        people = (tier.least_overlap if tier else None) or entry.least_overlap
        wanted[rule.tier] = max(wanted.get(rule.tier, 0), people)
    if params.adjudicator:
        wanted.setdefault(params.adjudicator, 1)
    for tier_name, people in sorted(wanted.items()):
        there = len(annotator_ledger.active_of(tier_name))
        if tier_name != CROWD and there < people:
            so_far = f"{there} of {people} people were" if there else "nobody was"
            yield f"{so_far} invited to the tier {tier_name}: silverprint people invite --tier {tier_name} NAME"


def _require_meant(params: Params, name: str, given: dict[str, Any]) -> None:
    """A bare name that is not planned where others are is a slip."""
    if params.planned and name not in params.planned and not given:
        remedy = f"silverprint round open {next(iter(params.planned))}, or give {name} a knob: --budget N"
        raise UsageError(f"round {name!r}", f"it is not planned ({', '.join(params.planned)})", remedy)


def _open_already(params: Params, name: str, given: dict[str, Any]) -> None:
    if given:
        options = " ".join(f"--{knob.replace('_', '-')} {value}" for knob, value in given.items())
        raise UsageError(options, f"{name} was opened already", f"change rounds.{name} in params.yaml, or open another")
    _write_asks(name)
    say(f"{name} was opened already, after {params.rounds[name].prev}; {_STEPS}")


def _write_asks(name: str) -> None:
    if not layout.asks(name).exists():
        ledgers.write_asks(name, empty(ASKS))


def _require_closed(last: str) -> None:
    if last == START:
        return
    current = round_state.load(last)
    if current is not None and current.is_closed:
        return
    if current is None:
        remedy = f'go on with it: silverprint repro; or take it back: silverprint round remove {last} --why "..."'
    else:
        end = f'silverprint round close {last} --early --why "..."'
        remedy = f"silverprint wait, then silverprint repro; or end it: {end}"
    raise ConfigError(f"{last} is not closed", "one round is open at a time", remedy)


def _given(knobs: dict[str, Any]) -> dict[str, Any]:
    return {knob: value for knob, value in knobs.items() if value is not None}
