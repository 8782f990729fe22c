"""Executor on every core of this machine: one process each, or one for all where it holds a network."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any

from silverprint.errors import UnavailableError
from silverprint.store.executor import cores
from silverprint.store.executor.kinds import CORE, Kind
from silverprint.store.executor.threads import run_on_threads


def use_one_core() -> None:
    """A worker per core is enough: OpenCV's own threads would only take turns with them."""
    import cv2

    cores.grant(1)
    cv2.setNumThreads(1)


def run_on_processes(function: Callable[[Any], Any], jobs: Iterable[Any], kind: Kind) -> Iterator[Any]:
    """See `executor.run`."""
    if kind != CORE:
        yield from run_on_threads(function, jobs)
        return
    todo = iter(jobs)
    first = list(islice(todo, cores.available()))
    if len(first) < 2:
        yield from map(function, chain(first, todo))
        return
    # Spawned, not forked: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(len(first), mp_context=context, initializer=use_one_core)
    waiting: deque[Future[Any]] = deque()
    try:
        for job in chain(first, todo):
            waiting.append(pool.submit(function, job))
            if len(waiting) > 2 * len(first):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        rule = "a worker process died, most often for lack of memory; what was written stays"
        raise UnavailableError("executor = 'processes'", rule, "run again, or set executor: serial") from None
    finally:
        pool.shutdown(cancel_futures=True)
