"""Fair use of the crawl's event loop: a thread beside it for long work, and pauses within long coroutines."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SHARE_S: Final = 0.01


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
