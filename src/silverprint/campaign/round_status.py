"""Status of each round, as far as this machine's files say, and what a person should do next."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.campaign import annotator_ledger, askable_pictures, ledgers, people_at_hand, round_state
from silverprint.config import CROWD, Params
from silverprint.core.votes import judging_overlap, vote_ledger
from silverprint.dvcfiles import lock, missing_outputs
from silverprint.store import json_files

_PUSHED: Final = {"open": "pushing", "waiting": "waiting", "closed": "closed"}  # by what state.json says


@dataclass(frozen=True)
class RoundStatus:
    """Where a round stands, as far as this machine's files tell."""

    round: str
    state: str  # planned | open | queued | pushing | waiting | closed | lost (votes without a state.json)
    strategy: str
    pictures: int  # pictures in the queue
    pictures_done: int
    votes: int  # votes that were asked for
    votes_needed: int
    votes_surplus: int  # votes beyond those: more people answered about a picture than were to be asked
    votes_most: int  # needed at most, while sequential overlap may ask more of those who are there; else as needed
    people: dict[str, int]  # annotator -> votes
    tiers: dict[str, dict[str, int]]  # tier -> votes and votes_needed, of the tiers that it asks beside the crowd
    gate: str  # passed | waived | refused | not run
    gate_warnings: int  # warnings of the gate, which stop nothing
    trained: bool


def standings_of(params: Params) -> list[RoundStatus]:
    """The opened rounds in their order, then the planned ones."""
    return [status_of(params, name) for name in params.round_names]


def status_of(params: Params, name: str) -> RoundStatus:
    if name in params.planned:
        strategy = params.planned[name].strategy
        return RoundStatus(name, "planned", strategy, 0, 0, 0, 0, 0, 0, {}, {}, "not run", 0, trained=False)
    current = round_state.load(name)
    queued = layout.queue(name).exists()
    votes = ledgers.votes_so_far(name)
    answers = votes.filter(votes["status"].is_in(vote_ledger.ANSWERS))
    done = needed = most = pictures = got = surplus = 0
    tiers: dict[str, dict[str, int]] = {}
    if queued:
        progress = progress_of(name)
        surplus = vote_ledger.surplus(progress)
        (done, pictures), needed = vote_ledger.pictures_done(progress), int(progress["needed"].sum())
        tiers = _tiers(progress)
        got = int(progress.select(pl.min_horizontal("answered", "needed")).sum().item())
        most = needed if _asks_what_is_asked(current) else _most(name, progress)
    lost = current is None and not votes.is_empty()
    return RoundStatus(
        round=name,
        state=_PUSHED[current.status] if current else "lost" if lost else "queued" if queued else "open",
        strategy=params.rounds[name].strategy,
        pictures=pictures,
        pictures_done=done,
        votes=got,
        votes_needed=needed,
        votes_surplus=surplus,
        votes_most=most,
        people=dict(sorted(answers["annotator"].value_counts().iter_rows())),
        tiers=tiers,
        gate=_gate(name),
        gate_warnings=_gate_warnings(name),
        trained=layout.metrics(name).exists(),
    )


def progress_of(name: str) -> pl.DataFrame:
    """Per picture of the round's queue how many people are to answer, and how many did: see `vote_ledger.progress`."""
    in_time = annotator_ledger.answers_in_time(ledgers.votes_so_far(name))
    queue, asks, tiers = ledgers.asked(name), ledgers.asks(name), annotator_ledger.tiers()
    return vote_ledger.progress(queue, asks, in_time, ledgers.withdrawn_images(), tiers)


def _tiers(progress: pl.DataFrame) -> dict[str, dict[str, int]]:
    got = pl.min_horizontal("answered", "needed").sum().alias("votes")
    found = progress.filter(pl.col("tier") != CROWD).group_by("tier").agg(got, votes_needed=pl.col("needed").sum())
    return {row.pop("tier"): row for row in found.sort("tier").to_dicts()}


def _asks_what_is_asked(current: round_state.State | None) -> bool:
    """Whether nothing is asked but what asks.csv says by now, whatever labels are not sure."""
    return current is not None and (current.asks_sha256 is not None or current.ends_early)


def _most(name: str, progress: pl.DataFrame) -> int:
    """Votes that are needed at most: of pictures that are not settled by now, and of people who are there."""
    queue = ledgers.queue(name).select("image_id", vote_ledger.own_tier(), "max_overlap", "until")
    rows = progress.filter(pl.col("answered") < pl.col("needed")).join(queue, on=["image_id", "tier"])
    rows = rows.drop_nulls("max_overlap")
    there = {tier: people_at_hand.of_tier(tier) for tier in rows["tier"].unique()}
    people = pl.col("tier").replace_strict(there, return_dtype=pl.Int64, default=None)
    whoever = pl.when(pl.col("until").is_null()).then(judging_overlap.usual()).otherwise(0)
    cap = pl.when(people.is_not_null()).then(pl.max_horizontal(people, whoever))
    more = pl.min_horizontal("max_overlap", cap) - pl.col("needed")  # of two of which one is null the other
    return int(progress["needed"].sum()) + int(rows.select(more.clip(lower_bound=0).sum()).item())


def _gate(name: str) -> str:
    path = layout.gate(name)
    if not path.exists():
        return "not run"
    gate = json_files.read(path, "passed", "waived", remedy=f"run: silverprint repro gate@{name}")
    return "passed" if gate["passed"] else "waived" if gate["waived"] else "refused"


def _gate_warnings(name: str) -> int:
    path = layout.gate(name)
    if not path.exists():
        return 0
    findings = json_files.read(path, "findings", remedy=f"run: silverprint repro gate@{name}")["findings"]
    return sum(not finding["success"] and finding["severity"] == "warning" for finding in findings)


def advise(standings: list[RoundStatus], end: str | None = None) -> str:
    """One sentence: what a person should do now.

    Args:
        end: `askable_pictures.the_end`.
    """
    opened = [one for one in standings if one.state != "planned"]
    unfinished = next((one for one in opened if one.state != "closed" or not one.trained or _is_refused(one)), None)
    if unfinished is None:
        planned = [one.round for one in standings if one.state == "planned"]
        return _afterwards(opened=bool(opened), planned=planned, end=end)
    name = unfinished.round
    if unfinished.state == "waiting":
        missing = unfinished.votes_needed - unfinished.votes
        if not missing:
            return f"{name} has all its answers: silverprint annotate {name}, then silverprint repro"
        still = f"{missing} votes were missing at the last pull"
        return f"{name} waits for people ({still}): silverprint wait, then silverprint repro"
    if unfinished.state == "lost":
        path = layout.state(name)
        return f"{path} is lost: git checkout {path}; if it was never committed: silverprint annotate {name}"
    if _is_refused(unfinished):
        ways = f'silverprint round reopen {name} --extra 1 --why "...", or a line in {layout.WAIVERS}'
        return f"the gate rejected {name}'s labels (silverprint repro says why): {ways}; then silverprint repro"
    return f"silverprint repro goes on with {name}"


def _is_refused(one: RoundStatus) -> bool:
    return one.state == "closed" and one.gate == "refused"


def to_go_on(params: Params) -> str:
    """What a lead decides once every opened round is closed."""
    return askable_pictures.the_end(params) or _opening(opened=bool(params.chain), planned=list(params.planned))


def _opening(*, opened: bool, planned: list[str]) -> str:
    so_far = "every opened round is closed" if opened else "no round is open, and nobody is asked"
    return f"{so_far}; to go on: silverprint round open {planned[0] if planned else 'NAME'}, then silverprint repro"


def _afterwards(*, opened: bool, planned: list[str], end: str | None) -> str:
    """What to do once every opened round is closed and trained."""
    for ledger in _unheeded():
        return f"{ledger} changed after the last silverprint repro: silverprint repro replays it through every round"
    following = end or _opening(opened=opened, planned=planned)
    if not opened:
        return following
    bring = "" if layout.REPORT.exists() else missing_outputs.recovery_command(layout.REPORT)
    if bring == missing_outputs.REPRO:
        return f"every opened round is closed: {bring} makes the release and the report"
    bring = f"{bring}, then " if bring else ""
    return f"{bring}look at {layout.REPORT / 'index.html'}; {following}"


def _unheeded() -> Iterator[Path]:
    """The ledgers whose text is not what a stage read when it ran last."""
    stages = lock.stages().values()
    for ledger in (layout.TAKEDOWNS, layout.WAIVERS, layout.ANNOTATORS):
        now = hashlib.md5(ledger.read_bytes(), usedforsecurity=False).hexdigest()
        if any(stage.deps.get(str(ledger), now) != now for stage in stages):
            yield ledger
