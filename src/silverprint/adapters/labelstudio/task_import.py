"""Import of tasks: in the order given, each with its own overlap, and safe to repeat after any interruption."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from silverprint.adapters.labelstudio import label_config, sdk, task_data, task_list
from silverprint.adapters.labelstudio.inside_server import overlap_import
from silverprint.annotation_backend import Progress, StoredTask, Task
from silverprint.console import bar

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_BATCH: Final = 250  # pictures in one request: a second of work, so that the progress moves


def read_tasks(client: "LabelStudio", project_id: int) -> list[StoredTask]:
    """Every task of the project, by id."""
    return [
        StoredTask(task.id, task_data.places(task.data), task.overlap, task.predictions > 0)
        for task in task_list.read(client, project_id)
    ]


def progress(
    client: "LabelStudio",
    project_ids: Sequence[int],
    pseudonym: Callable[[int], str],
    needed: Mapping[str, int] | None,
) -> Progress:
    """See `Studio.progress`; of a picture that has several tasks everybody counts once."""
    seen: dict[str, _Asked] = {}
    for task in (task for id_ in project_ids for task in task_list.read(client, id_)):
        for picture in list(filter(None, task_data.places(task.data))) or [f"task {task.id}"]:
            if needed is None or picture in needed:
                entry = seen.setdefault(picture, _Asked())
                entry.people |= task.annotators
                entry.overlap = max(entry.overlap, task.overlap)
                entry.served |= task.annotations < task.overlap
    by: Counter[str] = Counter(pseudonym(user) for entry in seen.values() for user in entry.people)
    done = stuck = asked = answered = surplus = 0
    for picture, entry in seen.items():
        wanted = entry.overlap if needed is None else needed[picture]
        asked, answered = asked + wanted, answered + min(len(entry.people), wanted)
        surplus += max(len(entry.people) - max(wanted, 0), 0)  # wanted < 0: more answered elsewhere than were asked
        done += len(entry.people) >= wanted
        stuck += len(entry.people) < wanted and not entry.served
    return Progress(len(seen), done, stuck, asked, answered, surplus, dict(sorted(by.items())))


@dataclass
class _Asked:
    """What the tasks about one picture have come to."""

    people: set[int] = field(default_factory=set)
    overlap: int = 0
    served: bool = False  # whether one of its tasks at least is served


def push(client: "LabelStudio", project_id: int, tasks: Sequence[Task], there: Iterable[StoredTask]) -> int:
    """Makes the project ask about all of `tasks`: those it lacks, in order, then overlaps and pre-labels it lacks.

    An overlap is never lowered. Returns how many tasks were made.
    """
    pushed = _PushedTasks(there)
    missing = [task for task in tasks if pushed.find(task) is None]
    known = [(task, stored) for task in tasks if (stored := pushed.find(task)) is not None]
    low = [(task, stored) for task, stored in known if stored.overlap < task.overlap]
    with bar() as progress:
        row = progress.add_task("asking in Label Studio", total=len(missing) + len(low), unit="tasks")
        for made in _create(client, project_id, missing):
            # Set at once: people may be served the picture as soon as it is there.
            _predict(client, project_id, made)
            progress.advance(row, len(made))
        for task, stored in low:
            set_overlap(client, stored.task_id, task.overlap)
            progress.advance(row)
    _predict(client, project_id, known)
    return len(missing)


class _PushedTasks:
    """Tasks of a project by what they ask about; the first one, where several ask the same."""

    def __init__(self, tasks: Iterable[StoredTask]) -> None:
        self._first: dict[tuple[bool, str], StoredTask] = {}
        for task in tasks:
            for image_id in task.image_ids:
                self._first.setdefault((task.shares_page, image_id), task)

    def find(self, task: Task) -> StoredTask | None:
        """The task that asks the same; of a page some pictures may have been taken off since."""
        keys = ((task.shares_page, image.image_id) for image in task.images)
        return next((self._first[key] for key in keys if key in self._first), None)


def set_overlap(client: "LabelStudio", task_id: int, overlap: int) -> None:
    """Asks `overlap` people about a task. Label Studio opens or closes a task at its next answer only: hence by us."""
    answers = client.tasks.get(id=str(task_id)).total_annotations or 0
    client.tasks.update(id=str(task_id), overlap=overlap, is_labeled=answers >= overlap)


def take_off_page(client: "LabelStudio", task_id: int, image_ids: Collection[str]) -> None:
    """Empties the places of pictures in a task; the others keep theirs, by which answers know them."""
    task: Any = client.tasks.get(id=str(task_id))
    client.tasks.update(id=str(task_id), data=task_data.without(task.data, image_ids))


def _create(client: "LabelStudio", project_id: int, tasks: Sequence[Task]) -> Iterator[list[tuple[Task, StoredTask]]]:
    """Makes the tasks in order, many at once. Where the server is not our own, those that ask several people are made
    one by one: Label Studio's import gives each an overlap of 1.
    """
    address = overlap_import.ADDRESS.format(project_id)
    ours = any(task.overlap > 1 for task in tasks) and sdk.has(client, address)
    for at_once, run in groupby(tasks, key=lambda task: ours or task.overlap == 1):
        for batch in _batches(run) if at_once else ([task] for task in run):
            if at_once:
                ids = _import(client, project_id, batch, address if ours else None)
                yield [
                    (task, StoredTask(id_, _places(task), task.overlap, True))
                    for task, id_ in zip(batch, ids, strict=True)
                ]
            else:
                (task,) = batch
                created: Any = client.tasks.create(project=project_id, data=task_data.data(task), overlap=task.overlap)
                yield [(task, StoredTask(created.id, _places(task), task.overlap, False))]


def _import(client: "LabelStudio", project_id: int, tasks: Sequence[Task], address: str | None) -> list[int]:
    """The ids of tasks made at once, with their pre-labels: at Label Studio's own address, or at ours."""
    body: list[Any] = [
        {"data": task_data.data(task), "predictions": _predictions(task, _places(task))} for task in tasks
    ]
    if address is None:
        answer: Any = client.projects.import_tasks(project_id, request=body, return_task_ids=True)
        return list(answer.task_ids)
    asked = [{**one, "overlap": task.overlap} for one, task in zip(body, tasks, strict=True)]
    made: list[int] = sdk.post(client, address, asked, return_task_ids="true")["task_ids"]
    return made


def _predict(client: "LabelStudio", project_id: int, tasks: Sequence[tuple[Task, StoredTask]]) -> None:
    """Adds the pre-labels that are to be shown and are not there."""
    wanted: list[tuple[bool, Any]] = [
        (task.grid, {"task": stored.task_id, **prediction})
        for task, stored in tasks
        if not stored.predicted
        for prediction in _predictions(task, stored.places)
    ]
    single = [prediction for grid, prediction in wanted if not grid]
    for start in range(0, len(single), _BATCH):
        client.projects.import_predictions(project_id, request=single[start : start + _BATCH])
    # Label Studio's import drops what names a place of a Repeater, without a word: it looks for `choice_{{idx}}`.
    for grid, prediction in wanted:
        if grid:
            client.predictions.create(**prediction)


def _places(task: Task) -> tuple[str, ...]:
    return tuple(image.image_id for image in task.images)


def _predictions(task: Task, places: Sequence[str]) -> list[dict[str, Any]]:
    """One prediction with a result for each picture that has a pre-label, none where none has; its score is that of
    the picture of which the model is the least sure.
    """
    shown = [image for image in task.images if image.predicted is not None and image.image_id in places]
    if not shown:
        return []
    result = [
        one
        for image in shown
        for one in label_config.result(str(image.predicted), places.index(image.image_id) if task.grid else None)
    ]
    score = min((image.confidence for image in shown if image.confidence is not None), default=None)
    return [{"model_version": label_config.MODEL, "score": score, "result": result}]


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """As many tasks as one request takes, by the pictures that they show."""
    batch: list[Task] = []
    for task in tasks:
        if batch and sum(len(one.images) for one in batch) + len(task.images) > _BATCH:
            yield batch
            batch = []
        batch.append(task)
    if batch:
        yield batch
