"""Executors of a stage's jobs: one by one, on every core of this machine, or on a cluster.

What runs is a function of one job: module-level, pure, and safe to run twice. A job carries what it needs (rows,
arrays, where images lie), and its result travels back; whoever asked writes it. So the results, and the bytes on the
disk, are the same whichever way is taken. Jobs may be made while others run: none is held longer than it takes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol, TypeVar

from silverprint.core.jobs import Run
from silverprint.store.executor.kinds import CORE, GPU, MACHINE, Kind
from silverprint.store.executor.processes import run_on_processes
from silverprint.store.executor.ray_cluster import connected, run_on_ray
from silverprint.store.executor.threads import run_on_threads

__all__ = ["CORE", "EXECUTORS", "GPU", "MACHINE", "Kind", "opened", "run"]

Job = TypeVar("Job")
Result = TypeVar("Result")


class Executor(Protocol):
    def __call__(self, function: Callable[[Any], Any], jobs: Iterable[Any], kind: Kind) -> Iterator[Any]: ...


def _run_serially(function: Callable[[Any], Any], jobs: Iterable[Any], kind: Kind) -> Iterator[Any]:
    return map(function, jobs) if kind == CORE else run_on_threads(function, jobs)


EXECUTORS: Final[dict[str, Executor]] = {
    "serial": _run_serially,
    "processes": run_on_processes,
    "ray": run_on_ray,
}


def run(
    executor: str, function: Callable[[Job], Result], jobs: Iterable[Job], *, kind: Kind = CORE
) -> Iterator[Result]:
    """`function` of each job, in the order of `jobs`; the first error ends it, and no further job is begun.

    Args:
        executor: a name in EXECUTORS.
        function: at a module's top level.
        kind: what the function works with (`kinds`).

    Raises:
        UnavailableError: a worker died, or Ray or its cluster is not there.
        Whatever `function` raises.
    """
    return EXECUTORS[executor](function, jobs, kind)


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
