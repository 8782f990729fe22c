"""Deletion of tasks and annotations; what is to be kept has been pulled before."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

from silverprint.adapters.labelstudio import task_list

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_BATCH: Final = 500  # tasks deleted in one request


def delete_tasks(client: "LabelStudio", project_id: int, task_ids: Iterable[int]) -> None:
    """Deletes the tasks with their answers."""
    ids = sorted(set(task_ids))
    for start in range(0, len(ids), _BATCH):
        chosen: Any = {"all": False, "included": ids[start : start + _BATCH]}
        client.actions.create(id="delete_tasks", project=project_id, selected_items=chosen)


def delete_unanswered(client: "LabelStudio", project_id: int, task_ids: Collection[int]) -> set[int]:
    """Deletes those of the tasks that nobody has answered at this moment; which these were."""
    if not task_ids:
        return set()
    # By the answers themselves: the server's counters may be short.
    empty = set(task_ids) - {task.id for task in task_list.read(client, project_id) if task.annotators}
    delete_tasks(client, project_id, empty)
    return empty


def delete_annotations(client: "LabelStudio", annotation_ids: Iterable[int]) -> None:
    """Deletes answers; one that somebody else deleted first is none to delete."""
    from label_studio_sdk.core.api_error import ApiError

    for id_ in annotation_ids:
        try:
            client.annotations.delete(id=id_)
        except ApiError as error:
            if error.status_code != 404:
                raise
