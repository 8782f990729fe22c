"""Label Studio's tasks about purged pictures: taken off, and looked for."""

from collections.abc import Collection, Iterator

from silverprint import annotation_registry
from silverprint.annotation_backend import AnnotationBackend, Project
from silverprint.campaign import round_state, withdrawn_tasks
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say


def asked_rounds(params: Params) -> list[State]:
    """The rounds that people were asked in."""
    return [state for name in params.chain if (state := round_state.load(name)) is not None]


def take_off(params: Params, image_ids: Collection[str]) -> None:
    """Deletes the tasks about the pictures, answered or not; their votes stay in the ledgers.

    Raises:
        UnavailableError: the server does not answer, or somebody is pushing to it.
        NotAllowedError: it refuses us.
    """
    rounds = asked_rounds(params)
    if not rounds:
        return
    backend, gone = annotation_registry.connect(), frozenset(image_ids)
    for state, project in _projects(backend, rounds):
        if not any(gone.intersection(task.image_ids) for task in backend.tasks(project)):
            continue
        missing = withdrawn_tasks.not_pulled(backend, project, gone)
        if missing and not state.is_closed:
            again = f"silverprint repro annotate@{state.round}, then purge again"
            say(f"{state.round}: {missing} answers about it are on the server alone; they are pulled by: {again}")
            continue
        with backend.lease(project):
            count = withdrawn_tasks.withdraw(backend, [project], gone).reached
        if count:
            late = f", with {missing} answers that came after the round was closed" if missing else ""
            say(f"{state.round}: {count} tasks taken off {backend.url}{late}")


def left(params: Params, image_ids: Collection[str]) -> tuple[int, list[str]]:
    """How many tasks were looked at, and those that are about one of the pictures, in words.

    Raises:
        UnavailableError: the server does not answer.
        NotAllowedError: it refuses us.
    """
    backend, tasks, found = annotation_registry.connect(), 0, []
    for state, project in _projects(backend, asked_rounds(params)):
        for task in backend.tasks(project):
            tasks += 1
            if set(task.image_ids) & set(image_ids):
                found.append(f"{state.round}: task {task.task_id} of project {project.id} on {backend.url}")
    return tasks, found


def _projects(backend: AnnotationBackend, rounds: list[State]) -> Iterator[tuple[State, Project]]:
    """
    Raises:
        UnavailableError: a round was asked on another server.
    """
    for state in rounds:
        state.require_server(backend.url, backend.server)
        for project in backend.find_all(state.campaign, state.round):
            yield state, project
