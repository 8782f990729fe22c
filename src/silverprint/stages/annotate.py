"""annotate@r: push the final queue to Label Studio, pull the votes once, then close, or say who is waited for (75).

It never sleeps and never loses a vote: the ledger on disk is written before anything else moves, and a kill between any
two steps leaves a state from which the next run goes on.
"""

from pathlib import Path
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.adapters.labelstudio import Annotation, Project, Studio, Task
from silverprint.campaign import guard, ledgers, lock, serving, state
from silverprint.campaign.state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import ballots
from silverprint.errors import DataError, UnavailableError, WaitingForPeople
from silverprint.records import NONE_OF_THESE, UNSURE, VOTES, empty
from silverprint.store import tables


def run(params: Params, round_name: str) -> None:
    with lock.exclusive(f"annotate-{round_name}"):
        before = state.load(round_name)
        if before is not None:
            _require_ledgers(before)
        if before is not None and before.status == "closed" and _asks_answered(before):
            say(f"{round_name} is closed: its votes stay as they are")
            return
        guard.require_pulled(layout.votes(round_name), bring="git checkout")
        _ask_and_pull(params, before or _open(params, round_name))


def _require_ledgers(current: State) -> None:
    """The queue people were asked, and the votes a closed round ended with, must be the ones in Git."""
    name = current.round
    _require_hash(layout.queue(name), current.queue_sha256, "the queue is final since its first push")
    if current.status == "closed":
        _require_hash(layout.votes(name), current.votes_sha256, "the votes are final since the round was closed")


def _require_hash(path: Path, expected: str | None, rule: str) -> None:
    if not path.exists():
        raise UnavailableError(str(path), f"{rule}, and the file is not there", f"run: git checkout {path}")
    found = ledgers.sha256(path)
    if found != expected:
        value = f"{path} has hash {found[:8]}, not {str(expected)[:8]}"
        raise DataError(value, rule, f"run: git checkout {path}")


def _asks_answered(current: State) -> bool:
    return ledgers.sha256(layout.asks(current.round)) == current.asks_sha256


def _open(params: Params, name: str) -> State:
    """From here on the queue is final."""
    return State(
        round=name,
        prev=params.rounds[name].prev,
        status="open",
        queue_sha256=ledgers.sha256(layout.queue(name)),
        classes=params.dataset.classes,
    ).save()


def _ask_and_pull(params: Params, current: State) -> None:
    name = current.round
    queue, asks, withdrawn = ledgers.queue(name), ledgers.asks(name), ledgers.withdrawn()
    path = layout.votes(name)
    kept = ledgers.votes(name) if path.exists() else empty(VOTES)
    studio = Studio.connect()
    projects = {tier: _project(studio, params, current, tier) for tier in sorted(queue["tier"].unique())}

    pulled = pl.concat([_pull(studio, project, current) for project in projects.values()])
    votes = ballots.merge(kept, pulled, studio.server, withdrawn)
    tables.write_ledger(votes, path, VOTES, ["image_id", "annotator", "created_at", "annotation_id", "choice"])

    progress = ballots.progress(queue, asks, votes, withdrawn)
    for tier, project in projects.items():
        asked = queue.filter(pl.col("tier") == tier)
        _push(studio, params, project, asked, progress, votes)
        _withdraw(studio, project, withdrawn)
    current = current.moved(status="waiting", projects={tier: p.id for tier, p in projects.items()}).save()
    if not ballots.is_done(progress):
        raise _waiting(studio, current, projects, progress)
    _close(studio, params, current, projects)


def _project(studio: Studio, params: Params, current: State, tier: str) -> Project:
    """The round's project on the server: found by the campaign, or opened.

    Raises:
        DataError: it was opened there with another queue, or closed with other votes than this machine can know.
    """
    dataset = params.dataset
    found = studio.find(dataset.campaign, current.round, tier)
    if found is None:
        return studio.open(
            campaign=dataset.campaign,
            round=current.round,
            tier=tier,
            queue_sha256=current.queue_sha256,
            title=f"{dataset.name} · {current.round} · {tier}",
            question=dataset.title,
            instructions=dataset.instructions,
            choices=[*current.classes, NONE_OF_THESE, UNSURE],
            media=serving.folder(dataset.campaign, current.round),
        )
    if found.queue_sha256 != current.queue_sha256:
        value = f"{current.round} is already open on {studio.url} with queue {found.queue_sha256[:8]}"
        raise DataError(value, f"here the queue is {current.queue_sha256[:8]}", "run: git pull")
    return found


def _pull(studio: Studio, project: Project, current: State) -> pl.DataFrame:
    rows = [_vote(annotation, current) for annotation in studio.annotations(project)]
    return pl.DataFrame(rows, schema=VOTES)


def _vote(annotation: Annotation, current: State) -> dict[str, object]:
    choice = annotation.choices[0] if annotation.choices and not annotation.skipped else ""
    lead = annotation.lead_time_s
    return {
        "image_id": annotation.image_id,
        "round": current.round,
        "annotator": annotation.annotator,
        "choice": choice,
        "status": ballots.judge(choice, current.classes),
        "shown_prediction": annotation.shown_prediction,
        "lead_time_s": None if lead is None else round(lead, 3),
        "created_at": annotation.created_at,
        "annotation_id": annotation.annotation_id,
    }


def _push(
    studio: Studio, params: Params, project: Project, asked: pl.DataFrame, progress: pl.DataFrame, votes: pl.DataFrame
) -> None:
    """Makes the server ask for exactly what is missing: new tasks in rank order, more people where asks.csv says so."""
    elsewhere = ballots.answered_elsewhere(votes, studio.server)
    rows = {row["image_id"]: row for row in asked.to_dicts()}
    unanswered = {
        image_id: needed - elsewhere.get(image_id, 0)
        for image_id, needed, answered in progress.iter_rows()
        if answered < needed and image_id in rows
    }
    # A server elsewhere has its pictures already, but for those it has not been asked about.
    absent = unanswered if studio.local else unanswered.keys() - studio.pushed(project).keys()
    serving.fill(params, project.round, absent)
    studio.push(project, [_task(studio, project, rows[image_id], count) for image_id, count in unanswered.items()])


def _task(studio: Studio, project: Project, row: dict[str, Any], overlap: int) -> Task:
    shown = row["show_prediction"] and row["predicted"] is not None
    return Task(
        image_id=row["image_id"],
        image_url=studio.image_url(serving.path(project.campaign, project.round, row["image_id"])),
        overlap=overlap,
        predicted=row["predicted"] if shown else None,
        confidence=row["confidence"] if shown else None,
    )


def _withdraw(studio: Studio, project: Project, withdrawn: frozenset[str]) -> None:
    """Takes withdrawn pictures off the server; their votes are in the ledger by now."""
    gone = [task.task_id for image_id, task in studio.pushed(project).items() if image_id in withdrawn]
    if gone:
        studio.withdraw(project, gone)
    serving.remove(project.campaign, project.round, withdrawn)


def _waiting(studio: Studio, current: State, projects: dict[str, Project], progress: pl.DataFrame) -> WaitingForPeople:
    done = progress.filter(pl.col("answered") >= pl.col("needed")).height
    got = int(progress.select(pl.min_horizontal("answered", "needed")).sum().item())
    value = f"{current.round}: {done} of {progress.height} pictures done, {got} of {progress['needed'].sum()} votes"
    places = ", ".join(f"{studio.url}/projects/{project.id}" for project in projects.values())
    return WaitingForPeople(value, f"people are needed at {places}", "watch: silverprint wait; then: dvc repro")


def _close(studio: Studio, params: Params, current: State, projects: dict[str, Project]) -> None:
    votes_sha256 = ledgers.sha256(layout.votes(current.round))
    for project in projects.values():
        if project.votes_sha256 not in (None, votes_sha256) and current.asks_sha256 is None:
            value = f"{current.round} was closed elsewhere with votes {str(project.votes_sha256)[:8]}"
            raise DataError(value, f"here they are {votes_sha256[:8]}", "run: git pull")
        studio.seal(project, votes_sha256)
    asks_sha256 = ledgers.sha256(layout.asks(current.round))
    current.moved(status="closed", votes_sha256=votes_sha256, asks_sha256=asks_sha256).save()
    serving.empty(params.dataset.campaign, current.round)
    say(f"{current.round} is closed: {ledgers.votes(current.round).height} votes")
