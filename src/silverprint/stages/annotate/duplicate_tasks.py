"""Duplicate tasks, which ask about an image twice: two machines opened one round, or a push was killed during its
import, or somebody pressed "Sync". One is kept an image; no answer is deleted with the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from silverprint.annotation_backend import AnnotationBackend, Project, StoredTask
from silverprint.stages.annotate.asking_plan import task_key


@dataclass(frozen=True)
class UniqueTasks:
    """What a project asks about once doubles are gone."""

    tasks: dict[str, StoredTask]  # by `asking_plan.task_key`, the one that goes on being asked
    removed: int  # doubles that nobody had answered
    closed: int  # doubles that somebody had answered, and that were served to others still: their answers count


def choose_tasks(
    tasks: Iterable[StoredTask], answers: Mapping[int, int], page_of: Mapping[str, int]
) -> tuple[dict[str, StoredTask], list[StoredTask]]:
    """One task a picture and one a page, the first that somebody answered or else the first; and the others.

    Args:
        answers: how many answers a task has, by its id.
        page_of: the page of the images that share one.
    """
    by_key: dict[str, list[StoredTask]] = defaultdict(list)
    for task in tasks:
        if (key := task_key(task, page_of)) is not None:
            by_key[key].append(task)
    kept = {}
    others: list[StoredTask] = []
    for key, group in by_key.items():
        first, *rest = sorted(group, key=lambda task: (not answers.get(task.task_id), task.task_id))
        kept[key] = first
        others += rest
    return kept, others


def keep_one_each(
    backend: AnnotationBackend,
    project: Project,
    tasks: Iterable[StoredTask],
    answers: Mapping[int, int],
    page_of: Mapping[str, int],
) -> UniqueTasks:
    """Leaves one task a picture and one a page that anybody is served.

    Args:
        tasks: the project's, as listed.
        answers: how many answers a task has, by its id, as pulled.
        page_of: the page of the images that share one.
    """
    kept, others = choose_tasks(tasks, answers, page_of)
    removed = backend.delete_unanswered(project, [task.task_id for task in others])
    return UniqueTasks(
        kept, len(removed), _close(backend, [one for one in others if one.task_id not in removed], answers)
    )


def retire(
    backend: AnnotationBackend, younger: Project, tasks: Sequence[StoredTask], answers: Mapping[int, int]
) -> tuple[int, int]:
    """Asks nobody in a younger project of the same round, which has `tasks`, any more; it goes, if nobody answered in
    it.

    Returns:
        How many tasks were removed, and how many stay for their answers and were served to others still.
    """
    removed = backend.delete_unanswered(younger, [task.task_id for task in tasks])
    left = [task for task in tasks if task.task_id not in removed]
    if not left and not backend.annotations(younger):
        backend.delete_project(younger)
    return len(removed), _close(backend, left, answers)


def _close(backend: AnnotationBackend, tasks: Iterable[StoredTask], answers: Mapping[int, int]) -> int:
    """Serves answered tasks to nobody any more: as many people as have answered are enough. How many that changed."""
    served = [task for task in tasks if task.overlap > max(answers.get(task.task_id, 0), 1)]
    for task in served:
        backend.set_overlap(task.task_id, max(answers.get(task.task_id, 0), 1))
    return len(served)
