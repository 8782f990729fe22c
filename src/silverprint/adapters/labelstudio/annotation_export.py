"""Export of a project's annotations, as Silverprint knows annotations."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from silverprint.adapters.labelstudio import label_config, task_data
from silverprint.annotation_backend import Annotation
from silverprint.core.votes import vote_ledger

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


def read(client: "LabelStudio", project_id: int, pseudonym: Callable[[int], str]) -> list[Annotation]:
    """Every annotation of the project, by id.

    Args:
        pseudonym: of an account, by its number on the server.
    """
    # The SDK's `as_json` would return the unanswered tasks too.
    exported = json.loads(b"".join(client.projects.exports.download_sync(project_id, export_type="JSON")))
    found = [one for task in exported for stored in task["annotations"] for one in _answers(task, stored, pseudonym)]
    return sorted(found, key=lambda annotation: annotation.annotation_id)


def _answers(task: dict[str, Any], stored: dict[str, Any], pseudonym: Callable[[int], str]) -> Iterator[Annotation]:
    """One annotation for each picture that the task shows; for the task, where it shows none of ours."""
    prediction = stored.get("prediction") or {}
    places, is_page = task_data.places(task["data"]), task_data.is_page(task["data"])
    # Null where no session gave the answer: it was imported with a task. A missing field compares nothing, and Label
    # Studio notes no hand where nothing was chosen.
    chosen = label_config.answers(stored["result"])
    hand = stored.get("updated_by", stored["completed_by"]) if chosen else stored["completed_by"]
    lead = vote_ledger.lead_time(stored["lead_time"])
    for place, image_id in enumerate(places):
        if not image_id and any(places):
            continue  # taken off the page
        at = place if is_page else None
        yield Annotation(
            image_id=image_id,
            annotator=pseudonym(stored["completed_by"]),
            choices=label_config.answers(stored["result"], at),
            lead_time_s=None if lead is None else lead / len(places),
            created_at=stored["created_at"],
            annotation_id=stored["id"],
            skipped=bool(stored["was_cancelled"]),
            shown_prediction=next(iter(label_config.answers(prediction.get("result"), at)), None),
            task_id=task.get("id", 0),
            hand=None if hand is None else pseudonym(hand),
        )
