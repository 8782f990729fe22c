"""End of a round before everybody has answered: people are served nothing more, and what they answered stays."""

from collections.abc import Sequence

import polars as pl

from silverprint.annotation_backend import AnnotationBackend, Project
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.errors import DataError
from silverprint.stages.annotate import corrections


def require_answers(round_name: str, votes: pl.DataFrame) -> None:
    """
    Raises:
        DataError: nobody has answered, so there is nothing to close the round with.
    """
    if vote_ledger.answered_images(votes).is_empty():
        remedy = f'take the round back: silverprint round remove {round_name} --why "..."'
        raise DataError(f"{round_name} has no answer", "a round ends early with what was answered", remedy)


def stop_asking(backend: AnnotationBackend, projects: Sequence[Project]) -> int:
    """Deletes the tasks that nobody answered and serves the others to nobody any more, also while people answer.
    How many tasks it deleted.
    """
    return sum(_stop(backend, project) for project in projects)


def _stop(backend: AnnotationBackend, project: Project) -> int:
    deleted = 0
    while True:
        given = corrections.submissions(backend.annotations(project))
        served = [task for task in backend.tasks(project) if given[task.task_id] < task.overlap]
        if not served:
            return deleted
        deleted += len(backend.delete_unanswered(project, [one.task_id for one in served if not given[one.task_id]]))
        for task in served:
            if given[task.task_id]:
                backend.set_overlap(task.task_id, given[task.task_id])


def say_end(round_name: str, queue: pl.DataFrame, votes: pl.DataFrame, deleted: int) -> None:
    answered = vote_ledger.answered_images(votes).len()
    say(
        f"{round_name} ends early: {answered} of {queue.height} pictures were answered; {deleted} tasks that nobody "
        "had answered are deleted, and their pictures are free for later rounds"
    )
