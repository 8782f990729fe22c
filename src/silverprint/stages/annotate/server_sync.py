"""Exchange of annotate with the annotation backend: the round's project, questions, answers as votes, withdrawals."""

from collections import Counter
from typing import Any

import polars as pl

from silverprint import annotation_registry, layout
from silverprint.annotation_backend import (
    Annotation,
    AnnotationBackend,
    AskedImage,
    Page,
    Project,
    StoredTask,
    Task,
)
from silverprint.campaign import annotator_ledger, class_list, ledgers, served_copies
from silverprint.campaign.round_state import State
from silverprint.config import CROWD, Params
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.errors import DataError, UnavailableError
from silverprint.records import NONE_OF_THESE, UNSURE, VOTES
from silverprint.stages.annotate import asking_plan

_SEEN = 50  # characters of a project's title


def connect(name: str, before: State | None) -> AnnotationBackend:
    """The annotation backend that the round is asked on; any, where nobody was asked yet.

    Raises:
        UnavailableError: it does not answer, or another one does.
    """
    if before is None:
        return annotation_registry.connect()
    backend = annotation_registry.connect(f"the server that {name} is asked on ({before.server})")
    before.require_server(backend.url, backend.server)
    return backend


def tiers(current: State) -> list[str]:
    """The tiers that the round asks, and those that it asked before somebody took a line out of asks.csv."""
    return list(dict.fromkeys([*ledgers.tiers(current.round), *(current.projects or {})]))


def projects(backend: AnnotationBackend, params: Params, current: State, tier: str) -> list[Project]:
    """The round's projects on the server, its pictures shared with the first, which is asked in: found by the campaign,
    or opened. Others are there where two machines opened the round at one moment.

    Raises:
        DataError: it was opened there with another queue, or closed with other votes than this machine can know.
    """
    found = _opened(backend, current, tier)
    known = (current.projects or {}).get(tier)
    changed = bool(found) and found[0].queue_sha256 != current.queue_sha256
    if not found or (changed and found[0].id == known):
        lost = _known(backend, current, tier)
        found = [lost] if lost else []
    if not found:
        found = _open(backend, params, current, tier)
    first = found[0]
    if first.queue_sha256 != current.queue_sha256:
        value = f"{current.round} is already open on {backend.url} with queue {first.queue_sha256[:8]}"
        raise DataError(value, f"here the queue is {current.queue_sha256[:8]}", "run: git pull")
    if current.status != "closed":
        backend.share(first, served_copies.folder(current.campaign, current.round))
    return [first, *(one for one in found[1:] if one.queue_sha256 == current.queue_sha256)]


def _opened(backend: AnnotationBackend, current: State, tier: str) -> list[Project]:
    """Oldest first. The campaign is the round's own, for good, whatever params.yaml calls it by now."""
    return [one for one in backend.find_all(current.campaign, current.round) if one.tier == tier]


def _open(backend: AnnotationBackend, params: Params, current: State, tier: str) -> list[Project]:
    opened = backend.open(
        campaign=current.campaign,
        round=current.round,
        tier=tier,
        queue_sha256=current.queue_sha256,
        title=_title(params.dataset.name, current.round, tier),
        page=_page(params, current),
    )
    # Another machine may have opened it in the same moment: both go on in the older one, and who pushes there first
    # takes the younger one away.
    return _opened(backend, current, tier) or [opened]


def _title(dataset: str, round_name: str, tier: str) -> str:
    """What people see of a project in the list of all projects: of a further tier so short that its end is seen."""
    end = f" · {round_name} · {tier}"
    return (dataset if tier == CROWD else dataset[: max(_SEEN - len(end), 1)]) + end


def _page(params: Params, current: State) -> Page:
    dataset = params.dataset
    choices = (*current.classes, NONE_OF_THESE, UNSURE)
    by_age, grid = class_list.by_age(params, current), bool(ledgers.shared_pages(current.round))
    return Page(dataset.title, dataset.instructions, choices, by_age, grid, _groups(params, current))


def _groups(params: Params, current: State) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The titles on the page, in the order of their first classes, with the classes below each."""
    title_of = {name: rule.group for name in current.classes if (rule := params.classes.get(name)) and rule.group}
    titles = dict.fromkeys(title_of.values())
    return tuple((title, tuple(name for name, own in title_of.items() if own == title)) for title in titles)


def _known(backend: AnnotationBackend, current: State, tier: str) -> Project | None:
    """The project that the round was asked in, where its description does not say so any more.

    Raises:
        DataError: it is gone. Asking everything anew is for people to decide.
    """
    known = (current.projects or {}).get(tier)
    if known is None:
        return None
    lost = Project(known, "", current.campaign, current.round, tier, current.queue_sha256, None)
    found = backend.retag(lost, set(ledgers.queue(current.round)["image_id"]))
    if found is None:
        value = f"{current.round}: project {known} is gone from {backend.url}"
        rule = f"what was pulled from it is safe in {layout.votes(current.round)}; what was not is lost with it"
        remedy = (
            f"restore that server's data; or ask for the rest in a new project: silverprint round move {current.round}"
        )
        raise DataError(value, rule, remedy)
    say(f"{current.round}: the description of project {known} was changed by somebody; its last line is put right")
    return found


def restore_settings(backend: AnnotationBackend, params: Params, project: Project, current: State) -> None:
    """Gives the project its settings back where somebody edited them, and says so."""
    if edited := backend.restore_page(project, _page(params, current)):
        say(
            f"{current.round}: settings of project {project.id} were not as this campaign has them and are put right: "
            f"{', '.join(edited)}"
        )


def pull(backend: AnnotationBackend, project: Project, current: State) -> tuple[pl.DataFrame, list[Annotation]]:
    """The answers about the queue's pictures as VOTES, one for each picture of a page; and all answers of the project,
    for whoever has an account may have made other tasks.
    """
    queue, tier_of = ledgers.queue(current.round), annotator_ledger.tiers()
    wanted = {one: frozenset({of, project.tier}) for one, of in queue.select("image_id", "tier").iter_rows()}
    answers = backend.annotations(project)
    votes = [
        _vote(one, current, vote_ledger.may_answer(one.annotator, wanted[one.image_id], tier_of))
        for one in answers
        if one.image_id in wanted
    ]
    return pl.DataFrame(votes, schema=VOTES), answers


def _vote(annotation: Annotation, current: State, is_of_tier: bool) -> dict[str, object]:
    # The page takes one choice. Two are none: which of them is meant, nobody can tell.
    choice = annotation.choices[0] if len(annotation.choices) == 1 and not annotation.skipped else ""
    lead = annotation.lead_time_s
    status = vote_ledger.choice_status(choice, current.classes) if annotation.is_own else vote_ledger.IN_ANOTHER_NAME
    if status in vote_ledger.DONE and not is_of_tier:
        status = vote_ledger.WRONG_TIER
    return {
        "image_id": annotation.image_id,
        "round": current.round,
        "annotator": annotation.annotator,
        "choice": choice,
        "status": status,
        "shown_prediction": annotation.shown_prediction,
        "lead_time_s": None if lead is None else round(lead, 3),
        "created_at": annotation.created_at,
        "annotation_id": annotation.annotation_id,
    }


def push(
    backend: AnnotationBackend,
    params: Params,
    current: State,
    project: Project,
    asked: pl.DataFrame,
    progress: pl.DataFrame,
    there: dict[str, StoredTask],
    answers: Counter[int],
) -> int:
    """Makes the server ask for exactly what is missing: new tasks in rank order, more people where asks.csv says so,
    and fewer where it says so no longer. Returns how many tasks the project has more than before.

    Args:
        asked: `ledgers.asked_of` the project's tier.
        progress: from `vote_ledger.progress`.
        there: the project's tasks by `asking_plan.task_key`, one each.
        answers: in the project, by task: the server counts answers, not people, and serves a task until it has as many
            as its overlap.
    """
    rows = {row["image_id"]: row for row in asked.to_dicts()}
    counted = progress.filter(tier=project.tier).select("image_id", "needed", "answered")
    missing = {image_id: max(needed - answered, 0) for image_id, needed, answered in counted.iter_rows()}
    page_of = ledgers.pages(asked)
    plan = asking_plan.plan(missing, page_of)
    given = {key: answers[task.task_id] for key, task in there.items()}
    wanted = {one.key: given.get(one.key, 0) + one.people for one in plan}
    # A page of which a single picture is left asks nothing any more: the picture has a page of its own.
    wanted |= {key: given[key] for key, task in there.items() if task.shares_page and key not in wanted}
    unanswered = [image_id for image_id, people in missing.items() if people]
    shown = {image_id for task in there.values() for image_id in task.image_ids}
    _serve(backend, params, current, unanswered, shown)
    asks = [one for one in plan if one.people]
    grid = bool(ledgers.shared_pages(current.round))
    tasks = [_task(backend, project, rows, one, wanted[one.key], grid=grid) for one in asks]
    made = backend.push(project, tasks, there.values())
    for key, task in there.items():
        if wanted.get(key, task.overlap) < task.overlap and wanted[key]:
            backend.set_overlap(task.task_id, wanted[key])
    # Answered elsewhere: in a younger project of the round, or on a double.
    needless = [task.task_id for key, task in there.items() if wanted.get(key) == 0]
    return made - len(backend.delete_unanswered(project, needless))


def _serve(backend: AnnotationBackend, params: Params, current: State, unanswered: list[str], shown: set[str]) -> None:
    """Makes sure that every picture that is asked about can be seen: what a close or a purge of caches took is back.

    A server elsewhere may have the pictures that it asks about from another machine's disk.

    Raises:
        UnavailableError: pictures are to be served that are not on this disk.
    """
    new = [image_id for image_id in unanswered if image_id not in shown]
    shared = ledgers.shared_pages(current.round)
    served_copies.fill(params, current.campaign, current.round, unanswered if backend.local else new, shared)
    if backend.local:
        return
    try:
        served_copies.fill(params, current.campaign, current.round, unanswered, shared)
    except UnavailableError as error:
        folder = served_copies.folder(current.campaign, current.round)
        say(f"{current.round}: pictures may be missing in {folder}, and cannot be put there from this disk: {error}")


def _task(
    backend: AnnotationBackend,
    project: Project,
    rows: dict[str, dict[str, Any]],
    wanted: asking_plan.Wanted,
    overlap: int,
    *,
    grid: bool,
) -> Task:
    prompted = not wanted.apart  # it is asked again because its answer is open
    images = tuple(_asked_image(backend, project, rows[image_id], prompted) for image_id in wanted.image_ids)
    return Task(images, overlap, grid)


def _asked_image(backend: AnnotationBackend, project: Project, row: dict[str, Any], prompted: bool) -> AskedImage:
    shown = prompted and row["show_prediction"] and row["predicted"] is not None
    return AskedImage(
        image_id=row["image_id"],
        url=backend.image_url(served_copies.path(project.campaign, project.round, row["image_id"])),
        predicted=row["predicted"] if shown else None,
        confidence=row["confidence"] if shown else None,
    )
