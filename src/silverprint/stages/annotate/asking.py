"""What annotate says to Label Studio: the round's project, the questions, the answers as votes, the withdrawals."""

from typing import Any

import polars as pl

from silverprint import layout
from silverprint.adapters.labelstudio import Annotation, Project, Studio, Task, access
from silverprint.campaign import ledgers, numbering, serving
from silverprint.campaign.state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import ballots
from silverprint.errors import DataError, UnavailableError
from silverprint.records import NONE_OF_THESE, UNSURE, VOTES


def connect(name: str, before: State | None) -> Studio:
    """The Label Studio that the round is asked on; any, where nobody was asked yet.

    Raises:
        UnavailableError: it does not answer, or another one does.
    """
    try:
        studio = Studio.connect()
    except UnavailableError as error:
        if before is None or error.value != str(access.SERVER_FILE):  # one is named, and does not answer
            raise
        remedy = (
            f"set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY to the server that {name} is asked on ({before.server})"
        )
        raise UnavailableError(error.value, error.rule, remedy) from None
    if before is not None:
        before.require_server(studio.url, studio.server)
    return studio


def project(studio: Studio, params: Params, current: State, tier: str) -> Project:
    """The round's project on the server, its pictures shared with it: found by the campaign, or opened.

    Raises:
        DataError: it was opened there with another queue, or closed with other votes than this machine can know.
    """
    dataset = params.dataset
    found = studio.find(dataset.campaign, current.round, tier)
    changed = found is not None and found.queue_sha256 != current.queue_sha256
    if found is None or (changed and found.id == (current.projects or {}).get(tier)):
        found = _known(studio, current, tier)
    if found is None:
        found = studio.open(
            campaign=dataset.campaign,
            round=current.round,
            tier=tier,
            queue_sha256=current.queue_sha256,
            title=f"{dataset.name} · {current.round} · {tier}",
            question=dataset.title,
            instructions=dataset.instructions,
            choices=[*current.classes, NONE_OF_THESE, UNSURE],
            by_age=numbering.classes(params),
        )
    if found.queue_sha256 != current.queue_sha256:
        value = f"{current.round} is already open on {studio.url} with queue {found.queue_sha256[:8]}"
        raise DataError(value, f"here the queue is {current.queue_sha256[:8]}", "run: git pull")
    if current.status != "closed":
        studio.share(found, serving.folder(dataset.campaign, current.round))
    return found


def _known(studio: Studio, current: State, tier: str) -> Project | None:
    """The project that the round was asked in, where its description does not say so any more.

    Raises:
        DataError: it is gone. Asking everything anew is for people to decide.
    """
    known = (current.projects or {}).get(tier)
    if known is None:
        return None
    lost = Project(known, "", current.campaign, current.round, tier, current.queue_sha256, None)
    found = studio.retag(lost, set(ledgers.queue(current.round)["image_id"]))
    if found is None:
        value = f"{current.round}: project {known} is gone from {studio.url}"
        rule = f"what was pulled from it is safe in {layout.votes(current.round)}; what was not is lost with it"
        remedy = (
            f"restore Label Studio's data; or ask for the rest in a new project: silverprint round move {current.round}"
        )
        raise DataError(value, rule, remedy)
    say(f"{current.round}: the description of project {known} was changed by somebody; its last line is put right")
    return found


def pull(studio: Studio, project: Project, current: State) -> pl.DataFrame:
    """The answers about the queue's pictures; whoever has an account may have made other tasks."""
    asked = set(ledgers.queue(current.round)["image_id"])
    answers = [annotation for annotation in studio.annotations(project) if annotation.image_id in asked]
    return pl.DataFrame([_vote(annotation, current) for annotation in answers], schema=VOTES)


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


def push(
    studio: Studio,
    params: Params,
    project: Project,
    asked: pl.DataFrame,
    progress: pl.DataFrame,
    elsewhere: dict[str, int],
    repeated: dict[str, int],
) -> None:
    """Makes the server ask for exactly what is missing: new tasks in rank order, more people where asks.csv says so,
    and fewer where it says so no longer.

    Args:
        elsewhere: how many people have answered outside this project, by image_id.
        repeated: answers in this project beyond one a person, by image_id: the server counts answers, not people.
    """
    rows = {row["image_id"]: row for row in asked.to_dicts()}
    wanted = {
        image_id: max(needed - elsewhere.get(image_id, 0), 1) + repeated.get(image_id, 0)
        for image_id, needed, _ in progress.iter_rows()
    }
    unanswered = {
        image_id: wanted[image_id]
        for image_id, needed, answered in progress.iter_rows()
        if answered < needed and image_id in rows
    }
    # A server elsewhere has its pictures already, but for those it has not been asked about.
    absent = unanswered if studio.local else unanswered.keys() - studio.pushed(project).keys()
    serving.fill(params, project.round, absent)
    studio.push(project, [_task(studio, project, rows[image_id], count) for image_id, count in unanswered.items()])
    for image_id, pushed in studio.pushed(project).items():
        if pushed.overlap > wanted.get(image_id, pushed.overlap):
            studio.set_overlap(pushed.task_id, wanted[image_id])


def _task(studio: Studio, project: Project, row: dict[str, Any], overlap: int) -> Task:
    shown = row["show_prediction"] and row["predicted"] is not None
    return Task(
        image_id=row["image_id"],
        image_url=studio.image_url(serving.path(project.campaign, project.round, row["image_id"])),
        overlap=overlap,
        predicted=row["predicted"] if shown else None,
        confidence=row["confidence"] if shown else None,
    )


def withdraw(studio: Studio, project: Project, withdrawn: frozenset[str]) -> None:
    """Takes withdrawn pictures off the server; their votes are in the ledger by now."""
    gone = [task.task_id for image_id, task in studio.pushed(project).items() if image_id in withdrawn]
    if gone:
        studio.withdraw(project, gone)
    serving.remove(project.campaign, project.round, withdrawn)
