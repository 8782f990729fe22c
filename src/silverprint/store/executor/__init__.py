"""Executors of a stage's shards: one by one, on every core of this machine, or on a cluster.

What runs is a function of one shard: module-level, pure but for the file it writes atomically, and safe to run twice.
So the results, and the bytes on the disk, are the same whichever way is taken. Paths travel, pictures do not.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from silverprint.store.executor.processes import run_on_processes
from silverprint.store.executor.ray_cluster import run_on_ray

Job = TypeVar("Job")
Result = TypeVar("Result")
Executor: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]


def _run_serially(function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return map(function, jobs)


EXECUTORS: Final[dict[str, Executor]] = {
    "serial": _run_serially,
    "processes": run_on_processes,
    "ray": run_on_ray,
}


def run(executor: str, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    """`function` of each job, in the order of `jobs`; the first error ends it, and no further job is begun.

    Args:
        executor: a name in EXECUTORS.
        function: at a module's top level.

    Raises:
        UnavailableError: a worker died, or Ray or its cluster is not there.
        Whatever `function` raises.
    """
    return EXECUTORS[executor](function, jobs)
