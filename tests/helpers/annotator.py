"""Annotator: what a test asks of somebody who works at an annotation backend, whichever it is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from silverprint.annotation_backend import Project


class Annotator(ABC):
    """Somebody with an account.

    Attributes:
        pseudonym: as annotations name them.
    """

    pseudonym: str

    @abstractmethod
    def next(self, project: Project) -> dict[str, Any] | None:
        """The task that the project serves them now: its `id`, and in `data` its `image_id`, or on a grid `items` that
        have one each; None where it has none.
        """

    @abstractmethod
    def answer(self, task_id: int, *choices: str, **more: Any) -> int:
        """Answers a task, served or not; the annotation's id. `was_cancelled=True` skips it."""

    @abstractmethod
    def answer_page(self, task_id: int, choices: Sequence[str | None]) -> int:
        """Answers a task of a grid, place by place, None where nothing is chosen; the annotation's id."""

    def work(self, project: Project, limit: int = 1000) -> list[str]:
        """Answers 'coat' to whatever comes next, for so many tasks; the image_ids in the order they came."""
        seen: list[str] = []
        for _ in range(limit):
            if (task := self.next(project)) is None:
                break
            if "items" in task["data"]:
                shown = [item["image_id"] for item in task["data"]["items"]]
                self.answer_page(task["id"], ["coat"] * len(shown))
            else:
                shown = [task["data"]["image_id"]]
                self.answer(task["id"], "coat")
            seen += shown
        return seen
