"""Export of a project's annotations, as Silverprint knows annotations."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from silverprint.adapters.labelstudio import label_config, task_import
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
    found = [_annotation(task, stored, pseudonym) for task in exported for stored in task["annotations"]]
    return sorted(found, key=lambda annotation: annotation.annotation_id)


def _annotation(task: dict[str, Any], stored: dict[str, Any], pseudonym: Callable[[int], str]) -> Annotation:
    prediction = stored.get("prediction") or {}
    choices = label_config.answers(stored["result"])
    # Null where no session gave the answer: it was imported with a task. A missing field compares nothing, and Label
    # Studio notes no hand where nothing was chosen.
    hand = stored.get("updated_by", stored["completed_by"]) if choices else stored["completed_by"]
    return Annotation(
        image_id=task_import.image_id(task["data"]) or "",
        annotator=pseudonym(stored["completed_by"]),
        choices=choices,
        lead_time_s=vote_ledger.lead_time(stored["lead_time"]),
        created_at=stored["created_at"],
        annotation_id=stored["id"],
        skipped=bool(stored["was_cancelled"]),
        shown_prediction=next(iter(label_config.answers(prediction.get("result"))), None),
        task_id=task.get("id", 0),
        hand=None if hand is None else pseudonym(hand),
    )
