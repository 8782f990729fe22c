"""Fair use of the crawl's event loop: a thread beside it for long work, pauses within long coroutines, and searches for
circles of objects that stay short."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SHARE_S: Final = 0.01
_YOUNG: Final = 5_000  # objects more than before at which Python looks through the youngest for circles
_SEARCHES: Final = 4  # searches after which those that they left are looked through once more


@contextmanager
def short_searches() -> Iterator[None]:
    """Python's searches for circles walk through what is new alone, while the block lasts.

    They stop every thread, and by default walk through all that lives, again and again: 100 ms for the 50,000 requests
    that two pages may lead to. What two searches have found in use is set aside instead; such an object goes as all do,
    when nothing refers to it any more, but no later search looks whether it is in a circle.
    """
    before = gc.get_threshold()

    def set_aside(phase: str, about: Mapping[str, int]) -> None:
        if phase == "stop" and about["generation"] > 0:
            gc.freeze()

    gc.freeze()  # what is there by now stays
    gc.set_threshold(_YOUNG, _SEARCHES)
    gc.callbacks.append(set_aside)
    try:
        yield
    finally:
        gc.callbacks.remove(set_aside)
        gc.set_threshold(*before)
        gc.unfreeze()


class WorkerThread:
    """A thread of its own for whatever takes long: one thing after the other, in the order of asking."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crawl-pages")

    async def __call__(self, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
        """What `work` returns or raises; the loop goes on meanwhile."""
        return await asyncio.wrap_future(self._thread.submit(work, *arguments, **more))

    def close(self) -> None:
        """Nothing is asked for any more; what is begun comes to its end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class LoopShare:
    """For a coroutine that has much to do: it lets others run every 10 ms."""

    def __init__(self) -> None:
        self._since = monotonic()

    async def yield_if_due(self) -> None:
        if monotonic() - self._since > _SHARE_S:
            await asyncio.sleep(0)
            self._since = monotonic()
