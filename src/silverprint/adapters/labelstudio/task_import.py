"""Import of tasks: in the order given, each with its own overlap, and safe to repeat after any interruption."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from silverprint.adapters.labelstudio import label_config, pagination
from silverprint.annotation_backend import Progress, StoredTask, Task
from silverprint.console import bar

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_BATCH: Final = 250  # tasks in one request: a second of work, so that the progress moves


# A picture's address in the data of a task, however it was made: Label Studio's "Sync" writes no image_id.
_SERVED: Final = re.compile(r"/([0-9a-f]{64})\.jpg")


def read_tasks(client: "LabelStudio", project_id: int) -> list[StoredTask]:
    """Every task of the project, by id."""
    return [
        StoredTask(task.id, image_id(task.data), task.overlap, task.total_predictions > 0)
        for task in pagination.tasks(client, project_id, "id,data,overlap,total_predictions")
    ]


def pushed_tasks(client: "LabelStudio", project_id: int) -> dict[str, StoredTask]:
    """What a project asks about, by image_id in the order of its tasks; the first task, where a picture has several."""
    first: dict[str, StoredTask] = {}
    for task in read_tasks(client, project_id):
        if task.image_id is not None:
            first.setdefault(task.image_id, task)
    return first


def image_id(data: Mapping[str, Any]) -> str | None:
    """The picture that a task is about: it is named there, or it is the one that the task shows.

    None where somebody else made the task, for any reason of theirs.
    """
    said = data.get("image_id")
    if isinstance(said, str) and said:
        return said
    shown = (_SERVED.search(value) for value in data.values() if isinstance(value, str))
    return next((match[1] for match in shown if match), None)


def progress(
    client: "LabelStudio",
    project_ids: Sequence[int],
    pseudonym: Callable[[int], str],
    needed: Mapping[str, int] | None,
) -> Progress:
    """See `Studio.progress`; of a picture that has several tasks everybody counts once."""
    seen: dict[str, _Asked] = {}
    for task in (task for id_ in project_ids for task in pagination.tasks(client, id_, _WHO, "all")):
        picture = image_id(task.data)
        if needed is not None and picture not in needed:
            continue
        people = set(task.annotators)
        answers = len((task.annotations_ids or "").split(",")) if people else 0
        entry = seen.setdefault(picture or f"task {task.id}", _Asked())
        entry.people |= people
        entry.overlap = max(entry.overlap, task.overlap)
        entry.served |= answers < task.overlap
    by: Counter[str] = Counter(pseudonym(user) for entry in seen.values() for user in entry.people)
    done = stuck = asked = answered = 0
    for picture, entry in seen.items():
        wanted = entry.overlap if needed is None else needed[picture]
        asked, answered = asked + wanted, answered + min(len(entry.people), wanted)
        done += len(entry.people) >= wanted
        stuck += len(entry.people) < wanted and not entry.served
    return Progress(len(seen), done, stuck, asked, answered, dict(sorted(by.items())))


_WHO: Final = "id,data,overlap,annotators,annotations_ids"


@dataclass
class _Asked:
    """What the tasks about one picture have come to."""

    people: set[int] = field(default_factory=set)
    overlap: int = 0
    served: bool = False  # whether one of its tasks at least is served


def push(client: "LabelStudio", project_id: int, tasks: Sequence[Task]) -> None:
    """Makes the project ask about all of `tasks`: those it lacks, in order, then overlaps and pre-labels it lacks.

    An overlap is never lowered.
    """
    there = pushed_tasks(client, project_id)
    missing = {task.image_id: task for task in tasks if task.image_id not in there}
    low = [task for task in tasks if task.image_id in there and there[task.image_id].overlap < task.overlap]
    with bar() as progress:
        row = progress.add_task("asking in Label Studio", total=len(missing) + len(low))
        for ids in _create(client, project_id, list(missing.values())):
            there |= ids
            # Set at once: people may be served the picture as soon as it is there.
            _predict(client, project_id, [missing[image_id] for image_id in ids], there)
            progress.advance(row, len(ids))
        for task in low:
            set_overlap(client, there[task.image_id].task_id, task.overlap)
            progress.advance(row)
    _predict(client, project_id, [task for task in tasks if task.image_id not in missing], there)


def set_overlap(client: "LabelStudio", task_id: int, overlap: int) -> None:
    """Asks `overlap` people about a task. Label Studio opens or closes a task at its next answer only: hence by us."""
    answers = client.tasks.get(id=str(task_id)).total_annotations or 0
    client.tasks.update(id=str(task_id), overlap=overlap, is_labeled=answers >= overlap)


def _create(client: "LabelStudio", project_id: int, tasks: Sequence[Task]) -> Iterator[dict[str, StoredTask]]:
    """Makes the tasks in order. An import is fast and gives each an overlap of 1; the others are made one by one."""
    for single, run in groupby(tasks, key=lambda task: task.overlap == 1):
        for batch in _batches(list(run), _BATCH if single else 1):
            if single:
                body: list[Any] = [{"data": _data(task), "predictions": _predictions(task)} for task in batch]
                answer: Any = client.projects.import_tasks(project_id, request=body, return_task_ids=True)
                yield {
                    task.image_id: StoredTask(id_, task.image_id, 1, True)
                    for task, id_ in zip(batch, answer.task_ids, strict=True)
                }
            else:
                created: Any = client.tasks.create(project=project_id, data=_data(batch[0]), overlap=batch[0].overlap)
                yield {batch[0].image_id: StoredTask(created.id, batch[0].image_id, batch[0].overlap, False)}


def _predict(client: "LabelStudio", project_id: int, tasks: Sequence[Task], there: Mapping[str, StoredTask]) -> None:
    """Adds the pre-labels that are to be shown and are not there."""
    wanted: list[Any] = [
        {"task": there[task.image_id].task_id, **prediction}
        for task in tasks
        if not there[task.image_id].predicted
        for prediction in _predictions(task)
    ]
    for batch in _batches(wanted, _BATCH):
        client.projects.import_predictions(project_id, request=batch)


def _data(task: Task) -> dict[str, str]:
    return {"image": task.image_url, "image_id": task.image_id}


def _predictions(task: Task) -> list[dict[str, Any]]:
    if task.predicted is None:
        return []
    return [
        {"model_version": label_config.MODEL, "score": task.confidence, "result": label_config.result(task.predicted)}
    ]


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
