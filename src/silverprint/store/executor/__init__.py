"""Executors of a stage's jobs: one by one, on every core of this machine, or on a cluster.

What runs is a function of one job: module-level, pure but for the file it writes atomically, and safe to run twice.
So the results, and the bytes on the disk, are the same whichever way is taken. Stages that read pixels send paths;
those that read tables send arrays, and whoever does that work needs no disk. Jobs may be made while others run.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeAlias, TypeVar

from silverprint.core.jobs import Run
from silverprint.store.executor.processes import run_on_processes
from silverprint.store.executor.ray_cluster import connected, run_on_ray

Job = TypeVar("Job")
Result = TypeVar("Result")
Executor: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


def _run_serially(function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    return map(function, jobs)


EXECUTORS: Final[dict[str, Executor]] = {
    "serial": _run_serially,
    "processes": run_on_processes,
    "ray": run_on_ray,
}


def run(executor: str, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    """`function` of each job, in the order of `jobs`; the first error ends it, and no further job is begun.

    Args:
        executor: a name in EXECUTORS.
        function: at a module's top level.

    Raises:
        UnavailableError: a worker died, or Ray or its cluster is not there.
        Whatever `function` raises.
    """
    return EXECUTORS[executor](function, jobs)


@contextmanager
def opened(executor: str) -> Iterator[Run]:
    """`run` by one executor, for several calls: a cluster is connected to with the first jobs, until the context ends.

    Args:
        executor: a name in EXECUTORS.
    """
    with ExitStack() as stack:

        def work(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
            if executor == "ray":
                stack.enter_context(connected())
            return run(executor, function, jobs)

        yield work
