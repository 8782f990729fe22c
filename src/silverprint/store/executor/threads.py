"""Executor on every core of this machine by threads of this process."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from silverprint.store.executor import cores


def run_on_threads(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
    """See `executor.run`. Two jobs a core are begun ahead, never all; no core waits for another."""
    threads = cores.available()
    waiting: deque[Future[Any]] = deque()
    todo = iter(jobs)
    with ThreadPoolExecutor(threads) as pool:
        try:
            while True:
                waiting.extend(pool.submit(function, job) for job in islice(todo, 2 * threads + 1 - len(waiting)))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
