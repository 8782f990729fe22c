"""Duplicate tasks, which ask about an image twice: two machines opened one round, or a push was killed during its
import, or somebody pressed "Sync". One is kept an image; no answer is deleted with the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from silverprint.adapters.labelstudio import pagination, sdk
from silverprint.adapters.labelstudio.studio import Studio
from silverprint.adapters.labelstudio.types import Project, StoredTask

_BATCH: Final = 500  # tasks deleted in one request


@dataclass(frozen=True)
class UniqueTasks:
    """What a project asks about once doubles are gone."""

    tasks: dict[str, StoredTask]  # by image_id, the one that goes on being asked
    removed: int  # doubles that nobody had answered
    closed: int  # doubles that somebody had answered, and that were served to others still: their answers count


def choose_tasks(
    tasks: Iterable[StoredTask], answers: Mapping[int, int]
) -> tuple[dict[str, StoredTask], list[StoredTask]]:
    """One task a picture, the first that somebody answered or else the first; and the others.

    Args:
        answers: how many answers a task has, by its id.
    """
    by_picture: dict[str, list[StoredTask]] = defaultdict(list)
    for task in tasks:
        if task.image_id is not None:
            by_picture[task.image_id].append(task)
    kept = {}
    others: list[StoredTask] = []
    for image_id, group in by_picture.items():
        first, *rest = sorted(group, key=lambda task: (not answers.get(task.task_id), task.task_id))
        kept[image_id] = first
        others += rest
    return kept, others


def keep_one_each(studio: Studio, project: Project, answers: Mapping[int, int]) -> UniqueTasks:
    """Leaves one task a picture that anybody is served.

    Args:
        answers: how many answers a task has, by its id, as pulled.
    """
    kept, others = choose_tasks(studio.found(project), answers)
    removed = remove_unanswered(studio, project, [task.task_id for task in others])
    return UniqueTasks(
        kept, len(removed), _close(studio, [one for one in others if one.task_id not in removed], answers)
    )


def retire(studio: Studio, younger: Project, answers: Mapping[int, int]) -> tuple[int, int]:
    """Asks nobody in a younger project of the same round any more; it goes, if nobody answered in it.

    Returns:
        How many tasks were removed, and how many stay for their answers and were served to others still.
    """
    tasks = studio.found(younger)
    removed = remove_unanswered(studio, younger, [task.task_id for task in tasks])
    left = [task for task in tasks if task.task_id not in removed]
    if not left and not studio.answers(younger):
        with sdk.translate_failures(studio.url):
            studio.client.projects.delete(id=younger.id)
    return len(removed), _close(studio, left, answers)


def remove_unanswered(studio: Studio, project: Project, task_ids: Collection[int]) -> set[int]:
    """Deletes those of the tasks that nobody has answered at this moment; which these were."""
    if not task_ids:
        return set()
    with sdk.translate_failures(studio.url):
        answered = _answered(studio, project)
    empty = sorted(set(task_ids) - answered)
    for start in range(0, len(empty), _BATCH):
        studio.withdraw(project, empty[start : start + _BATCH])
    return set(empty)


def delete_annotations(studio: Studio, annotation_ids: Iterable[int]) -> None:
    """Deletes answers. Keep them first."""
    from label_studio_sdk.core.api_error import ApiError

    with sdk.translate_failures(studio.url):
        for id_ in annotation_ids:
            try:
                studio.client.annotations.delete(id=id_)
            except ApiError as error:
                if error.status_code != 404:  # somebody else deleted it first
                    raise


def _close(studio: Studio, tasks: Iterable[StoredTask], answers: Mapping[int, int]) -> int:
    """Serves answered tasks to nobody any more: as many people as have answered are enough. How many that changed."""
    served = [task for task in tasks if task.overlap > max(answers.get(task.task_id, 0), 1)]
    for task in served:
        studio.set_overlap(task.task_id, max(answers.get(task.task_id, 0), 1))
    return len(served)


def _answered(studio: Studio, project: Project) -> set[int]:
    """The tasks that have an answer, by the answers themselves: the server's counters may be short."""
    listed = pagination.tasks(studio.client, project.id, "id,annotators", "all")
    return {task.id for task in listed if task.annotators}
