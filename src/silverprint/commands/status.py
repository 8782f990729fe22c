"""silverprint status: the rounds, whom they wait for, missing outputs, the next step. From files alone."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from silverprint import layout, taken_back
from silverprint.adapters.archive import unread_files
from silverprint.campaign import (
    account_names,
    annotator_ledger,
    askable_pictures,
    first_steps,
    forecast,
    forecast_text,
    ledgers,
    lint,
    promise_reach,
    released,
    source_changes,
    studies,
)
from silverprint.campaign.round_status import RoundStatus, advise, standings_of
from silverprint.config import CROWD, Params
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.dvcfiles import missing_outputs

_IN_GIT = (".csv", ".json")  # outputs of these kinds are `cache: false` in dvc.yaml


def run(params: Params, as_json: bool = False, sealed: bool = False) -> None:
    lint.lint(params)
    if sealed:
        sys.stdout.write("".join(f"{target}\n" for target in persisted_outputs(params)))
        return
    standings = standings_of(params)
    between = all(one.state in ("closed", "planned") for one in standings)
    following = advise(standings, askable_pictures.the_end(params) if between else None)
    ahead = forecast.outlook(params, standings)
    held = released.released_rows(ledgers.withdrawn_images()).height
    unheeded = taken_back.unheeded(params)
    absent = [output for output in sorted(missing_outputs.known_outputs()) if not Path(output).exists()]
    if as_json:
        document = {
            "rounds": [asdict(one) for one in standings],
            "next": following,
            "outlook": asdict(ahead),
            "annotators": annotator_ledger.states(),
            "tiers": annotator_ledger.tiers(),
            "absent": absent,
            "withdrawn_in_release": held,
            "taken_back": len(unheeded),
            "recruiting": {row["study"]: asdict(studies.cost(row)) for row in studies.lines().iter_rows(named=True)},
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    console = Console(highlight=False)
    console.print(_table(standings))
    if absent:
        console.print(_absence(absent), markup=False, soft_wrap=True)
    if held:
        again = released.remake_command(params)
        line = f"{layout.RELEASE} holds {held} withdrawn pictures: give it to nobody before it is made again: {again}"
        console.print(line, markup=False, soft_wrap=True)
    for sentence in _unread(params):
        console.print(sentence, markup=False, soft_wrap=True)
    if unheeded:
        line = f"{len(unheeded)} pictures were taken back by their contributors, and nothing withdraws them yet"
        console.print(f"{line}, so that none is released: {taken_back.COMMAND}", markup=False, soft_wrap=True)
    for one in standings:
        if one.votes_surplus:
            console.print(f"{one.round}: votes beyond those that were asked for: {one.votes_surplus}", markup=False)
    for row in studies.lines().iter_rows(named=True):
        console.print(studies.cost_sentence(row), markup=False, soft_wrap=True)
    if lack := promise_reach.lack(params):
        console.print(lack, markup=False, soft_wrap=True)
    for sentence in forecast_text.sentences(ahead, params.people.currency):
        console.print(sentence, markup=False, soft_wrap=True)
    before = ", then ".join(first_steps.lacking(params))
    console.print(f"Next: {before}{'; then: ' if before else ''}{following}", markup=False, soft_wrap=True)


def _unread(params: Params) -> Iterator[str]:
    """A sentence for each folder that holds files which `silverprint repro` would not read."""
    gone = Takedowns.of(ledgers.takedowns()).sources
    for name, source in params.sources.items():
        was_read = source_changes.last_settings(name) == source and name not in gone
        if was_read and (files := unread_files.count(source, layout.raw(name))):
            knob = f"raise sources.{name}.revision to {source.revision + 1} in params.yaml, then silverprint repro"
            yield f"{name}: new files in its folder, which no run has read: {files:,}; to read them: {knob}"


def _absence(absent: list[str]) -> str:
    shown, more = absent[:4], len(absent) - 4
    rest = f" and {more} more" if more > 0 else ""
    everything = ", or all: dvc pull" if len(absent) > 1 else ""
    in_git = [path for path in absent if Path(path).suffix in _IN_GIT]
    fetch = f"git checkout {in_git[0]}" if in_git else f"dvc pull {absent[0]}{everything}"
    return f"Not on this disk: {', '.join(shown)}{rest}; fetch one: {fetch}"


def persisted_outputs(params: Params) -> list[str]:
    """The outputs that a stage carries on from, and that `dvc repro --pull` therefore does not fetch by itself."""
    outputs = [
        layout.EMBED,
        layout.PERSONS,
        layout.RELEASE_TABLES,
        *(layout.measured(source) for source in params.sources),
    ]
    for name in params.chain:
        outputs += [layout.score(name), layout.model(name)]
    known = missing_outputs.known_outputs()
    return [str(output) for output in outputs if str(output) in known]


def _gate(one: RoundStatus) -> str:
    if not one.gate_warnings:
        return one.gate
    return f"{one.gate}, {one.gate_warnings} warning{'s' if one.gate_warnings > 1 else ''}"


def _votes(one: RoundStatus) -> str:
    if not one.votes_needed:
        return "-"
    more = [f"at most {one.votes_most}"] if one.votes_most > one.votes_needed else []
    more += [f"{tier} {found['votes']}/{found['votes_needed']}" for tier, found in one.tiers.items()]
    said = f" ({', '.join(more)})" if more else ""
    return f"{one.votes}/{one.votes_needed}{said}"


def _standing(states: dict[str, str], tiers: dict[str, str], who: str) -> str:
    """What there is to say of a person: their tier, and whether they were stopped."""
    said = [tiers.get(who, CROWD), states.get(who, "active")]
    more = [word for word in said if word not in (CROWD, "active")]
    return f" ({', '.join(more)})" if more else ""


def _table(standings: list[RoundStatus]) -> Table:
    known = account_names.by_pseudonym()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("round", "state", "strategy", "pictures", "votes", "by", "gate", "trained"):
        table.add_column(heading, justify="right" if heading in ("pictures", "votes") else "left")
    states, tiers = annotator_ledger.states(), annotator_ledger.tiers()
    for one in standings:
        table.add_row(
            one.round,
            one.state,
            one.strategy,
            f"{one.pictures_done}/{one.pictures}" if one.pictures else "-",
            _votes(one),
            ", ".join(
                f"{known.get(who, who)}{_standing(states, tiers, who)} {count}" for who, count in one.people.items()
            )
            or "-",
            _gate(one),
            "yes" if one.trained else "no",
        )
    return table
