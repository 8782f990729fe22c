"""Executor on every core of this machine: one process each."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from silverprint.errors import UnavailableError
from silverprint.store.executor import cores


def use_one_thread() -> None:
    """A worker per core is enough: OpenCV's own threads would only take turns with them."""
    import cv2

    cv2.setNumThreads(1)


def run_on_processes(function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
    """See `executor.run`."""
    workers = min(len(jobs), cores.available())
    if workers < 2:
        yield from map(function, jobs)
        return
    # Spawned, not forked: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=use_one_thread)
    try:
        yield from pool.map(function, jobs)
    except BrokenProcessPool:
        rule = "a worker process died, most often for lack of memory; finished shards stay"
        raise UnavailableError("executor = 'processes'", rule, "run again, or set executor: serial") from None
    finally:
        pool.shutdown(cancel_futures=True)
