"""silverprint recruit review: how well each participant of the studies that label answered; a person decides."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.adapters import git
from silverprint.campaign import annotator_quality, contributors, studies
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.reporting.participant_figures import propose
from silverprint.errors import UsageError
from silverprint.recruiting.desk import Desk

_COLUMNS: Final = ("study", "annotator", "answers", "gold", "consensus", "suspicion", "proposal", "decision")


def run(params: Params, accept: list[str], reject: list[str], why: str | None = None, as_json: bool = False) -> None:
    """Writes down what is decided; without any decision, prints the figures and proposals.

    Raises:
        UsageError: no such annotator; both accepted and rejected; a rejection without a reason.
        UnavailableError, NotAllowedError: the annotation backend.
    """
    rows = _rows(params)
    if accept or reject:
        _decide(rows, accept, reject, " ".join((why or "").split()))
    elif why is not None:
        raise UsageError("--why", "says why somebody is accepted or rejected", "add --accept or --reject ANNOTATOR")
    elif as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    elif not rows:
        say("nobody who labels came by a study's link yet: see silverprint docs recruiting")
    else:
        _show(rows)


def _rows(params: Params) -> list[dict[str, Any]]:
    decided, why, desk = contributors.decisions(), contributors.reasons(), Desk()
    measured, gold = annotator_quality.newest(params), annotator_quality.gold_so_far(params)
    rows = []
    for study in filter(studies.labels, studies.lines().to_dicts()):
        for key, (who, given) in sorted(desk.participants(study["study"], study["round"]).items()):
            known, golden = measured.get(who, {}), gold.get(who, {})
            row = {"study": study["study"], "participant": key, "annotator": who, "answers": given}
            row |= {"asked": study["answers"]}
            row |= {name: known.get(name) for name in ("accuracy", "low", "high", "suspicion")}
            row |= {f"gold_{name}": golden.get(name) for name in ("answers", "right", "accuracy", "low", "high")}
            proposal = propose(row, params.gate.min_gold)
            row |= {"proposal": proposal.verdict, "because": proposal.why}
            rows.append(row | {"decision": decided.get(who), "why": why.get(who)})
    return rows


def _decide(rows: list[dict[str, Any]], accept: list[str], reject: list[str], why: str) -> None:
    proposed = {row["annotator"]: f"{row['proposal']} proposed: {row['because']}" for row in rows}
    by = git.who(Path.cwd())
    known = proposed.keys() | {name for name in (*accept, *reject) if studies.is_participant(name)}  # who never came
    decisions = contributors.checked(known, accept, reject, why, "silverprint recruit review")
    for decision, names in decisions.items():
        for name in names:
            contributors.decide([name], decision, why or proposed.get(name, "never came"), by)
            say(f"{name}: {decision}; commit {layout.CONTRIBUTORS}")
    for name in decisions["rejected"]:
        say(f'their answers count on; to have them count for nothing: silverprint people retire {name} --why "..."')


def _show(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in _COLUMNS:
        table.add_column(heading, no_wrap=heading in ("study", "annotator"))
    for row in rows:
        shown = row | {
            "answers": f"{row['answers']} of {row['asked']}",
            "gold": _share(row, "gold_accuracy", "gold_low", "gold_high"),
            "consensus": _share(row, "accuracy", "low", "high"),
        }
        table.add_row(*("" if shown[name] is None else str(shown[name]) for name in _COLUMNS))
    console = Console(highlight=False)
    console.print(table)
    for row in rows:
        if row["decision"] is None:
            console.print(f"{row['annotator']}: {row['proposal']} ({row['because']})", markup=False, soft_wrap=True)


def _share(row: dict[str, Any], value: str, low: str, high: str) -> str:
    """A share with its 95 % interval, in percent."""
    return "" if row[value] is None else f"{row[value]:.0%} ({row[low]:.0%}-{row[high]:.0%})"
