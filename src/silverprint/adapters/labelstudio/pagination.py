"""Lists that Label Studio gives in pages.

The pages are counted here: the SDK's own iteration asks for one more than there is, and takes any 404 for the end.
"""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

PAGE: Final = 1000  # tasks or projects in one answer: half a second


def projects(client: "LabelStudio") -> Iterator[Any]:
    """Every project on the server: id, title, description."""
    for number in count(1):
        answer: Any = client.projects.list(include="id,title,description", page_size=PAGE, page=number)
        yield from answer.items
        if not answer.response.next:
            return


def count_tasks(client: "LabelStudio", project_id: int) -> int:
    """How many tasks a project has."""
    answer: Any = client.tasks.list(project=project_id, fields="task_only", include="id", page_size=1)
    return int(answer.response.total)


def tasks(client: "LabelStudio", project_id: int, include: str) -> Iterator[Any]:
    """A project's tasks in the order of their ids, each with the attributes that `include` names."""
    seen = 0
    for number in count(1):
        answer: Any = client.tasks.list(project=project_id, fields="all", include=include, page_size=PAGE, page=number)
        yield from answer.items
        seen += len(answer.items)
        if seen >= answer.response.total or not answer.items:
            return
