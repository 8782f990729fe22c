"""silverprint status: which rounds, in which state, waiting for whom, what to do next. From files alone."""

import json
import sys
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.campaign import guard, ledgers, pipeline, state
from silverprint.config import Params
from silverprint.core import ballots
from silverprint.records import VOTES, empty


@dataclass(frozen=True)
class Standing:
    """Where a round stands, as far as this machine's files tell."""

    round: str
    state: str  # planned | queued | open | waiting | closed
    strategy: str
    pictures: int  # in the queue
    pictures_done: int
    votes: int
    votes_needed: int
    people: dict[str, int]  # annotator -> votes
    trained: bool


def run(params: Params, as_json: bool = False, sealed: bool = False) -> None:
    pipeline.lint(params)
    if sealed:
        sys.stdout.write("".join(f"{target}\n" for target in persisted(params)))
        return
    standings = [standing(params, name) for name in params.chain]
    advice = next_step(standings)
    if as_json:
        document = {"rounds": [asdict(one) for one in standings], "next": advice}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    console = Console(highlight=False)
    console.print(_table(standings))
    console.print(f"Next: {advice}", markup=False, soft_wrap=True)


def standing(params: Params, name: str) -> Standing:
    current = state.load(name)
    queued = layout.queue(name).exists()
    votes = ledgers.votes(name) if layout.votes(name).exists() else empty(VOTES)
    answers = votes.filter(votes["status"].is_in(ballots.ANSWERS))
    done = needed = pictures = got = 0
    if queued:
        progress = ballots.progress(ledgers.queue(name), ledgers.asks(name), votes, ledgers.withdrawn())
        pictures, needed = progress.height, int(progress["needed"].sum())
        done = int((progress["answered"] >= progress["needed"]).sum())
        got = int(progress["answered"].sum())
    return Standing(
        round=name,
        state=current.status if current else "queued" if queued else "planned",
        strategy=params.rounds[name].strategy,
        pictures=pictures,
        pictures_done=done,
        votes=got,
        votes_needed=needed,
        people=dict(sorted(answers["annotator"].value_counts().iter_rows())),
        trained=layout.metrics(name).exists(),
    )


def next_step(standings: list[Standing]) -> str:
    """One sentence: what a person should do now."""
    for one in standings:
        if one.state == "waiting":
            open_votes = one.votes_needed - one.votes
            return (
                f"{one.round} waits for people ({open_votes} votes at the last pull): silverprint wait, then dvc repro"
            )
        if one.state != "closed" or not one.trained:
            return f"dvc repro goes on with {one.round}"
    return "every round is done: look at data/report/index.html; to go on: silverprint round open NAME, then dvc repro"


def persisted(params: Params) -> list[str]:
    """The outputs that a stage carries on from, and that `dvc repro --pull` therefore does not bring by itself."""
    outputs = [layout.EMBED, *(layout.measured(source) for source in params.sources)]
    for name in params.chain:
        outputs += [layout.score(name), layout.model(name)]
    known = guard.known_outputs()
    return [str(output) for output in outputs if str(output) in known]


def _table(standings: list[Standing]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("round", "state", "strategy", "pictures", "votes", "by", "trained"):
        table.add_column(heading, justify="right" if heading in ("pictures", "votes") else "left")
    for one in standings:
        table.add_row(
            one.round,
            one.state,
            one.strategy,
            f"{one.pictures_done}/{one.pictures}" if one.pictures else "-",
            f"{one.votes}/{one.votes_needed}" if one.votes_needed else "-",
            ", ".join(f"{who} {count}" for who, count in one.people.items()) or "-",
            "yes" if one.trained else "no",
        )
    return table
