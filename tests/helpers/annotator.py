"""Annotator: what a test asks of somebody who works at an annotation backend, whichever it is."""

from abc import ABC, abstractmethod
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
        """The task that the project serves them now: its `id`, and in `data` its `image_id`; None where it has none."""

    @abstractmethod
    def answer(self, task_id: int, *choices: str, **more: Any) -> int:
        """Answers a task, served or not; the annotation's id. `was_cancelled=True` skips it."""

    def work(self, project: Project, limit: int = 1000) -> list[str]:
        """Answers 'coat' to whatever comes next; the image_ids in the order they came."""
        seen: list[str] = []
        while len(seen) < limit and (task := self.next(project)) is not None:
            seen.append(task["data"]["image_id"])
            self.answer(task["id"], "coat")
        return seen
