"""List of a project's tasks, with who answered them: at our own server's address, else in Label Studio's pages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from silverprint.adapters.labelstudio import pagination, sdk
from silverprint.adapters.labelstudio.inside_server import task_list

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_PAGES: Final = "id,data,overlap,total_predictions,annotators,annotations_ids"


@dataclass(frozen=True)
class ListedTask:
    """
    Attributes:
        data: what the page shows, as it was imported.
        overlap: people to ask.
        predictions: how many it has.
        annotators: Label Studio's numbers of those who answered, skipped or not.
        annotations: how many there are, by the annotations themselves: the server's own counter may be short.
    """

    id: int
    data: dict[str, Any]
    overlap: int
    predictions: int
    annotators: frozenset[int]
    annotations: int


def read(client: "LabelStudio", project_id: int) -> list[ListedTask]:
    """Every task of the project, by id."""
    answer: httpx.Response = sdk.get(client, task_list.ADDRESS.format(project_id))
    if answer.status_code == httpx.codes.OK:
        return [
            ListedTask(id_, data, overlap, predictions, frozenset(people), annotations)
            for id_, data, overlap, predictions, people, annotations in answer.json()
        ]
    return [_of_page(task) for task in pagination.tasks(client, project_id, _PAGES)]


def _of_page(task: Any) -> ListedTask:
    people = frozenset(task.annotators)
    annotations = len((task.annotations_ids or "").split(",")) if people else 0
    return ListedTask(task.id, task.data, task.overlap, task.total_predictions, people, annotations)
