"""Data of a task in Label Studio: the picture that it is about, or those that share its page, each in a place."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from silverprint.annotation_backend import Task

ITEMS: Final = "items"  # pictures of a page
HINT: Final = "hint"  # a line above them

# A picture's address in the data of a task, however it was made: Label Studio's "Sync" writes no image_id.
_SERVED: Final = re.compile(r"/([0-9a-f]{64})\.jpg")

# A place on a page whose picture was taken off; a transparent pixel, for the page shows no place without an image.
_EMPTY: Final = {
    "image": "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
    "image_id": "",
}


def data(task: Task) -> dict[str, Any]:
    """What the labelling configuration of the task's project shows."""
    items = [{"image": image.url, "image_id": image.image_id} for image in task.images]
    return {ITEMS: items, HINT: _hint(task)} if task.grid else items[0]


def is_page(data: Mapping[str, Any]) -> bool:
    """Whether it is for a grid, be it of one picture."""
    return isinstance(data.get(ITEMS), list)


def places(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The picture in each place of the task's page; empty where that is none of ours. A page of one's own has one."""
    if not is_page(data):
        return (image_id(data) or "",)
    return tuple((image_id(item) if isinstance(item, dict) else None) or "" for item in data[ITEMS])


def image_id(data: Mapping[str, Any]) -> str | None:
    """The picture that `data` names, or else the one that it shows.

    None where somebody else made the task, for any reason of theirs.
    """
    said = data.get("image_id")
    if isinstance(said, str) and said:
        return said
    shown = (_SERVED.search(value) for value in data.values() if isinstance(value, str))
    return next((match[1] for match in shown if match), None)


def without(data: Mapping[str, Any], image_ids: Collection[str]) -> dict[str, Any]:
    """`data` with the places of these pictures empty."""
    kept = zip(data[ITEMS], places(data), strict=True)
    return {**data, ITEMS: [_EMPTY if shown in image_ids else item for item, shown in kept]}


def _hint(task: Task) -> str:
    """What the pictures of a page were taken for, where that is one class."""
    said = {image.predicted for image in task.images}
    if not task.shares_page or len(said) != 1 or None in said:
        return " "
    return f"These look like: {said.pop()}. Change what is wrong, then submit."
