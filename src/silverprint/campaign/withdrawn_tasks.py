"""Tasks about withdrawn pictures, taken off the annotation server."""

from collections.abc import Iterable

from silverprint.annotation_backend import AnnotationBackend, Project
from silverprint.campaign import ledgers, served_copies


def withdraw(backend: AnnotationBackend, projects: Iterable[Project], withdrawn: frozenset[str]) -> int:
    """Takes withdrawn pictures off the server, with all tasks about them alone; a page goes on with its others. Their
    votes are in the ledger by now. Returns how many tasks it reached.
    """
    reached = 0
    for project in projects:
        there = [(task, withdrawn.intersection(task.image_ids)) for task in backend.tasks(project)]
        gone = [task.task_id for task, off in there if off and len(off) == len(set(task.image_ids))]
        if gone:
            backend.delete_tasks(project, gone)
        for task, off in there:
            if off and task.task_id not in gone:
                backend.take_off_page(task.task_id, off)
        reached += sum(bool(off) for _, off in there)
        served_copies.remove(project.campaign, project.round, withdrawn)
    return reached


def not_pulled(backend: AnnotationBackend, project: Project, withdrawn: frozenset[str]) -> int:
    """Answers about withdrawn pictures that the round's ledger does not have yet."""
    known = set(ledgers.votes_so_far(project.round)["annotation_id"])
    answers = (one for one in backend.annotations(project) if one.image_id in withdrawn)
    return sum(one.annotation_id not in known for one in answers)
