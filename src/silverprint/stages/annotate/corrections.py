"""Corrections that annotate makes on the server and reports: votes that do not count, tasks that ask a second time.

Everything here has been written to votes.csv before it is taken off the server.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import polars as pl

from silverprint.annotation_backend import Annotation, AnnotationBackend, Project, StoredTask
from silverprint.campaign import account_names, ledgers
from silverprint.campaign.round_state import State
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.stages.annotate import duplicate_tasks

Answers: TypeAlias = dict[int, list[Annotation]]  # by project id


def report_votes(
    backend: AnnotationBackend, current: State, kept: pl.DataFrame, votes: pl.DataFrame, answers: Answers
) -> None:
    """Says how many of the round's votes do not count and why, which are gone from the server, and what is not ours."""
    name = current.round
    if out := vote_ledger.not_counting_by_status(votes):
        reasons = ", ".join(f"{status} {n}" for status, n in out.items())
        say(f"{name}: {sum(out.values())} of {votes.height} votes do not count: {reasons}")
    if gone := vote_ledger.newly_deleted(kept, votes):
        by = ", ".join(f"{who} {n}" for who, n in gone.items())
        say(
            f"{name}: {sum(gone.values())} votes were deleted on {backend.url} since the last pull (of {by}): they "
            "stay in votes.csv as deleted and do not count, and their pictures are asked about again"
        )
    if strangers := vote_ledger.of_wrong_tier(votes):
        known = account_names.by_pseudonym()
        by = ", ".join(f"{known.get(who, who)} {n}" for who, n in strangers.items())
        say(
            f"{name}: {sum(strangers.values())} answers to what a tier was asked are by people who are not of it "
            f"({by}): they stay in votes.csv as wrong-tier and do not count; who is of it: silverprint people invite "
            "--tier TIER NAME"
        )
    given = [annotation for ours in answers.values() for annotation in ours]
    asked = set(ledgers.queue(name)["image_id"])
    foreign = [one for one in given if one.image_id in asked and one.choices and not one.is_own]
    if foreign:
        pairs = Counter((one.annotator, one.hand or "an import") for one in foreign)
        by = ", ".join(f"{n} of {who} by {hand}" for (who, hand), n in sorted(pairs.items()))
        say(f"{name}: {len(foreign)} answers on {backend.url} were given or changed in another's name: {by}")
    strange = sum(one.image_id not in asked for one in given)
    if strange:
        say(f"{name}: {strange} answers are on tasks of the project that are not of this round: they are not pulled")


def withdraw_void_votes(
    backend: AnnotationBackend, current: State, votes: pl.DataFrame, progress: pl.DataFrame, answers: Answers
) -> Answers:
    """Takes votes that count for nothing off the server where their picture still wants people, so that it is asked
    about again, of the same people too; they stay in votes.csv. What is left of `answers`.
    """
    wanting = progress.filter(pl.col("answered") < pl.col("needed"))["image_id"]
    void = vote_ledger.void_votes(votes, backend.server).filter(pl.col("image_id").is_in(wanting.implode()))
    chosen = set(void["annotation_id"])
    there = [one.annotation_id for ours in answers.values() for one in ours if one.annotation_id in chosen]
    if not there:
        return answers
    backend.delete_annotations(sorted(set(there)))
    say(f"{current.round}: {len(there)} of them are taken off {backend.url}: their pictures are asked about again")
    return {id_: [one for one in ours if one.annotation_id not in chosen] for id_, ours in answers.items()}


def submissions(annotations: Iterable[Annotation]) -> Counter[int]:
    """How often each task was submitted, by its id: answers of one page were submitted together."""
    return Counter(task_id for task_id, _ in {(one.task_id, one.annotation_id) for one in annotations})


def remove_duplicates(
    backend: AnnotationBackend,
    project: Project,
    younger: list[Project],
    tasks: Mapping[int, list[StoredTask]],
    answers: Answers,
) -> tuple[duplicate_tasks.UniqueTasks, Counter[int]]:
    """Leaves one task a picture or page that anybody is served, in one project; says what it removed.

    Args:
        tasks: as listed, by project id.

    Returns:
        The project's tasks that are left, and the answers by task id.
    """
    on_task = submissions(annotation for ours in answers.values() for annotation in ours)
    page_of = ledgers.shared_pages(project.round)
    for other in younger:
        removed, closed = duplicate_tasks.retire(backend, other, tasks[other.id], on_task)
        if removed or closed or not answers[other.id]:
            say(
                f"{project.round}: project {other.id} asked the same as project {project.id}: {removed} unanswered "
                f"tasks of it are removed, {closed} answered ones are closed, and their answers count"
            )
    found = duplicate_tasks.keep_one_each(backend, project, tasks[project.id], on_task, page_of)
    _say(project, found)
    return found, on_task


def recheck_duplicates(backend: AnnotationBackend, project: Project, expected: int, on_task: Counter[int]) -> None:
    """Looks once more after a push, where the project has not as many tasks as `expected`: an import of a push that was
    killed may have ended meanwhile.
    """
    if backend.count_tasks(project) == expected:
        return
    page_of = ledgers.shared_pages(project.round)
    _say(project, duplicate_tasks.keep_one_each(backend, project, backend.tasks(project), on_task, page_of))


def _say(project: Project, found: duplicate_tasks.UniqueTasks) -> None:
    if found.removed or found.closed:
        say(
            f"{project.round}: {found.removed + found.closed} tasks asked about a picture a second time: "
            f"{found.removed} unanswered ones are removed, {found.closed} answered ones are closed, and their answers "
            "count"
        )
