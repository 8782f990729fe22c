"""Asking about pictures: in the order given, each with its own overlap, and safe to repeat after any interruption."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from silverprint.adapters.labelstudio import listing, page
from silverprint.adapters.labelstudio.words import Progress, Pushed, Task
from silverprint.console import bar

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_BATCH: Final = 250  # tasks in one request: a second of work, so that the progress moves


def pushed(client: "LabelStudio", project_id: int) -> dict[str, Pushed]:
    """What a project asks about, by image_id in the order of its tasks; the first task, where a picture has several."""
    found: dict[str, Pushed] = {}
    for task in listing.tasks(client, project_id, "id,data,overlap,total_predictions"):
        name = image_id(task.data)
        if name is not None:
            found.setdefault(name, Pushed(task.id, task.overlap, task.total_predictions > 0))
    return found


def image_id(data: Mapping[str, Any]) -> str | None:
    """The picture that a task is about; None where somebody else made the task, for any reason of theirs."""
    said = data.get("image_id")
    return said if isinstance(said, str) and said else None


def progress(
    client: "LabelStudio", project_id: int, pseudonym: Callable[[int], str], needed: Mapping[str, int] | None
) -> Progress:
    """See `Studio.progress`."""
    by: Counter[str] = Counter()
    tasks = done = stuck = asked = answered = 0
    for task in listing.tasks(client, project_id, "id,data,overlap,annotators,annotations_ids", "all"):
        wanted = task.overlap if needed is None else needed.get(image_id(task.data) or "")
        if wanted is None:
            continue
        people = set(task.annotators)
        by.update(pseudonym(user) for user in people)
        tasks, asked, answered = tasks + 1, asked + wanted, answered + min(len(people), wanted)
        done += len(people) >= wanted
        answers = len((task.annotations_ids or "").split(",")) if people else 0
        stuck += len(people) < wanted and answers >= task.overlap
    return Progress(tasks, done, stuck, asked, answered, dict(sorted(by.items())))


def push(client: "LabelStudio", project_id: int, tasks: Sequence[Task]) -> None:
    """Makes the project ask about all of `tasks`: those it lacks, in order, then overlaps and pre-labels it lacks.

    An overlap is never lowered.
    """
    there = pushed(client, project_id)
    missing = {task.image_id: task for task in tasks if task.image_id not in there}
    low = [task for task in tasks if task.image_id in there and there[task.image_id].overlap < task.overlap]
    with bar() as progress:
        row = progress.add_task("asking in Label Studio", total=len(missing) + len(low))
        for ids in _create(client, project_id, list(missing.values())):
            there |= ids
            # At once: people may be served the picture as soon as it is there.
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


def _create(client: "LabelStudio", project_id: int, tasks: Sequence[Task]) -> Iterator[dict[str, Pushed]]:
    """Makes the tasks in order. An import is fast and gives each an overlap of 1; the others are made one by one."""
    for single, run in groupby(tasks, key=lambda task: task.overlap == 1):
        for batch in _batches(list(run), _BATCH if single else 1):
            if single:
                body: list[Any] = [{"data": _data(task), "predictions": _predictions(task)} for task in batch]
                answer: Any = client.projects.import_tasks(project_id, request=body, return_task_ids=True)
                yield {task.image_id: Pushed(id_, 1, True) for task, id_ in zip(batch, answer.task_ids, strict=True)}
            else:
                created: Any = client.tasks.create(project=project_id, data=_data(batch[0]), overlap=batch[0].overlap)
                yield {batch[0].image_id: Pushed(created.id, batch[0].overlap, False)}


def _predict(client: "LabelStudio", project_id: int, tasks: Sequence[Task], there: Mapping[str, Pushed]) -> None:
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
    return [{"model_version": page.MODEL, "score": task.confidence, "result": page.result(task.predicted)}]


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
