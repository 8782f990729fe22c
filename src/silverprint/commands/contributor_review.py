"""silverprint contribute review: what became of each contributor's pictures; a person accepts or rejects them."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.adapters import git
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.examples import crowds
from silverprint.campaign import contributors, ledgers, studies
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.reporting.contributor_figures import Proposal, Share
from silverprint.errors import UsageError


def run(params: Params, accept: list[str], reject: list[str], why: str | None = None, as_json: bool = False) -> None:
    """Writes down what is decided; without any decision, prints the figures and proposals.

    Raises:
        UsageError: no such contributor; both accepted and rejected; a rejection without a reason.
        UnavailableError: a source's index, or the manifest, is not on this disk.
    """
    if not crowds(params):
        say("params.yaml has no source of the kind crowd: see silverprint docs contribute")
        return
    rows = [*contributors.judged(params)]
    rows += _unjudged(params, {row["contributor"] for row in rows})
    if accept or reject:
        _decide(params, rows, accept, reject, " ".join((why or "").split()))
    elif why is not None:
        raise UsageError("--why", "says why somebody is accepted or rejected", "add --accept or --reject CONTRIBUTOR")
    elif as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        _show(rows, _next(rows))


def _unjudged(params: Params, judged: set[str]) -> Iterator[dict[str, Any]]:
    """Rows of those who came by a study's link and of whom no table knows: they, too, wait for a decision."""
    decided, why = contributors.decisions(), contributors.reasons()
    for source in crowds(params):
        standing = inbox.read_standing(source)
        for name, person in standing.contributors.items():
            if "." not in person.invite or name in judged:
                continue
            given = standing.given["contributor", name]
            because = f"{given} pictures are given, and none has gone through clean"
            yield dict.fromkeys(contributors.COLUMNS) | {
                "contributor": name, "theme": person.theme, "source": source, "judged": 0,
                "proposal": "look", "because": because if given else "no picture is given",
                "decision": decided.get(name), "why": why.get(name),
            }  # fmt: skip


def _decide(params: Params, rows: list[dict[str, Any]], accept: list[str], reject: list[str], why: str) -> None:
    accept, reject = ([name.removeprefix(contributors.PREFIX) for name in names] for names in (accept, reject))
    proposals = {row["contributor"]: Proposal(row["proposal"], row["because"]) for row in rows}
    known = proposals.keys() | {name for crowd in crowds(params) for name in inbox.read_standing(crowd).contributors}
    known |= {name for name in (*accept, *reject) if studies.is_participant(name)}  # who handed in, and never came
    decisions = contributors.checked(known, accept, reject, why, "silverprint contribute review")
    by = git.who(Path.cwd())
    for decision, names in decisions.items():
        for name in names:
            proposal = proposals.get(name, Proposal("look", "nothing has gone through clean"))
            contributors.decide([name], decision, why or f"{proposal.verdict} proposed: {proposal.why}", by)
            say(f"{name}: {decision}; commit {layout.CONTRIBUTORS}")
    for name in decisions["rejected"]:
        say(f"the pictures stay; to withdraw them: {_takedown(name)}")


def _next(rows: list[dict[str, Any]]) -> Iterable[str]:
    """What there is to decide or to do."""
    taken_down = set(ledgers.takedowns()["target"].drop_nulls())
    for row in rows:
        name = row["contributor"]
        if row["decision"] is None:
            yield f"{name}: {row['proposal']} ({row['because']})"
        elif row["decision"] == "rejected" and row["judged"] and f"{contributors.PREFIX}{name}" not in taken_down:
            yield f"{name}: rejected, and the pictures are in the dataset: {_takedown(name)}"


def _takedown(name: str) -> str:
    return f"silverprint takedown {contributors.PREFIX}{name} --why TEXT"


def _show(rows: list[dict[str, Any]], sentences: Iterable[str]) -> None:
    if not rows:
        say("no stage has taken a contributor's picture yet: see silverprint contribute status")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("contributor", "theme", "judged", "rejected", "reasons", "duplicated", "copied", "agreement", "decision")
    for heading in columns:
        table.add_column(heading, no_wrap=heading == "contributor")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in columns))
    console = Console(highlight=False)
    console.print(table)
    for sentence in sentences:
        console.print(sentence, markup=False, soft_wrap=True)


def _cell(value: Any) -> str:
    """A figure; a share with its 95 % interval in percent."""
    if isinstance(value, dict):
        found = Share(**value)
        return f"{found.value:.0%} ({found.low:.0%}-{found.high:.0%})"
    return "" if value is None else str(value)
