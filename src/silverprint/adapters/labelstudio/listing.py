"""Lists that Label Studio gives in pages."""

from collections.abc import Iterator
from typing import Any, Final

from silverprint.adapters.labelstudio.wire import Client

PAGE: Final = 1000  # tasks or projects in one answer: half a second


def projects(client: Client) -> Iterator[dict[str, Any]]:
    """Every project on the server: id, title, description."""
    number = 1
    while True:
        answer = client.get("/api/projects", include="id,title,description", page_size=PAGE, page=number)
        yield from answer["results"]
        if not answer["next"]:
            return
        number += 1


def tasks(client: Client, project_id: int, include: str, who: bool = False) -> Iterator[dict[str, Any]]:
    """A project's tasks in the order of their ids, each with the fields that `include` names; `annotators` is filled
    in only where we ask `who`.
    """
    query = {"project": project_id, "fields": "all" if who else "task_only", "include": include, "page_size": PAGE}
    seen, number = 0, 1
    while True:
        answer = client.get("/api/tasks", **query, page=number)
        yield from answer["tasks"]
        seen += len(answer["tasks"])
        # Asking for the page behind the last one is an error to Label Studio.
        if seen >= answer["total"] or not answer["tasks"]:
            return
        number += 1
