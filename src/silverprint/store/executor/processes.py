"""Executor on every core of this machine: one process each."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any

from silverprint.errors import UnavailableError
from silverprint.store.executor import cores


def use_one_thread() -> None:
    """A worker per core is enough: OpenCV's own threads would only take turns with them."""
    import cv2

    cv2.setNumThreads(1)


def run_on_processes(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
    """See `executor.run`."""
    todo = iter(jobs)
    first = list(islice(todo, cores.available()))
    if len(first) < 2:
        yield from map(function, chain(first, todo))
        return
    # Spawned, not forked: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(len(first), mp_context=context, initializer=use_one_thread)
    waiting: deque[Future[Any]] = deque()
    try:
        for job in chain(first, todo):
            waiting.append(pool.submit(function, job))
            if len(waiting) > 2 * len(first):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        rule = "a worker process died, most often for lack of memory; finished shards stay"
        raise UnavailableError("executor = 'processes'", rule, "run again, or set executor: serial") from None
    finally:
        pool.shutdown(cancel_futures=True)
