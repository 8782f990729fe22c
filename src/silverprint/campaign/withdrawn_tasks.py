"""Tasks about withdrawn pictures, taken off the annotation server."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from silverprint.annotation_backend import AnnotationBackend, Project, StoredTask
from silverprint.campaign import ledgers, served_copies


class Withdrawal(NamedTuple):
    tasks: dict[int, list[StoredTask]]  # those that are left, by the project's id
    reached: int  # tasks that asked about a withdrawn picture


def withdraw(backend: AnnotationBackend, projects: Iterable[Project], withdrawn: frozenset[str]) -> Withdrawal:
    """Takes withdrawn pictures off the server, with all tasks about them alone; a page goes on with its others. Their
    votes are in the ledger by now.
    """
    left, reached = {}, 0
    for project in projects:
        there = [(task, withdrawn.intersection(task.image_ids)) for task in backend.tasks(project)]
        gone = [task.task_id for task, off in there if off and len(off) == len(set(task.image_ids))]
        if gone:
            backend.delete_tasks(project, gone)
        left[project.id] = [_without(backend, task, off) for task, off in there if task.task_id not in gone]
        reached += sum(bool(off) for _, off in there)
        served_copies.remove(project.campaign, project.round, withdrawn)
    return Withdrawal(left, reached)


def _without(backend: AnnotationBackend, task: StoredTask, off: frozenset[str]) -> StoredTask:
    """A task whose page has taken these pictures off."""
    if not off:
        return task
    backend.take_off_page(task.task_id, off)
    return replace(task, places=tuple("" if place in off else place for place in task.places))


def not_pulled(backend: AnnotationBackend, project: Project, withdrawn: frozenset[str]) -> int:
    """Answers about withdrawn pictures that the round's ledger does not have yet."""
    known = set(ledgers.votes_so_far(project.round)["annotation_id"])
    answers = (one for one in backend.annotations(project) if one.image_id in withdrawn)
    return sum(one.annotation_id not in known for one in answers)
