"""How the shards of a stage are worked through: one after the other, or on every core of this machine.

What runs is a function of one shard: module-level, pure but for the file it writes atomically, and safe to run twice.
So the results, and the bytes on the disk, are the same whichever way is taken. Paths travel, pictures do not.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeAlias, TypeVar

from silverprint.errors import UnavailableError

Job = TypeVar("Job")
Result = TypeVar("Result")
Executor: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]


def _serial(function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return map(function, jobs)


def _processes(function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    workers = min(len(jobs), len(os.sched_getaffinity(0)))
    if workers < 2:
        yield from _serial(function, jobs)
        return
    # Spawned, not forked: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread)
    try:
        yield from pool.map(function, jobs)
    except BrokenProcessPool:
        rule = "a worker process died, most often for want of memory; finished shards stay"
        raise UnavailableError("executor = 'processes'", rule, "run again, or set executor: serial") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    """A process per core is enough: OpenCV's own threads would only take turns with them."""
    import cv2

    cv2.setNumThreads(1)


EXECUTORS: Final[dict[str, Executor]] = {"serial": _serial, "processes": _processes}


def run(executor: str, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    """`function` of each job, in the order of `jobs`; the first error ends it, and no further job is begun.

    Args:
        executor: a name in EXECUTORS.
        function: at a module's top level.

    Raises:
        UnavailableError: a worker process died.
        Whatever `function` raises.
    """
    return EXECUTORS[executor](function, jobs)
