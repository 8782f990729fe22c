"""The loop is everybody's: what a page holds is read beside it, and what is done on it is done in turns."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_TURN_S: Final = 0.01


class Aside:
    """A thread of its own for whatever takes long: one thing after the other, in the order of asking."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aside")

    async def __call__(self, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
        """What `work` returns or raises; the loop goes on meanwhile."""
        return await asyncio.wrap_future(self._thread.submit(work, *arguments, **more))

    def close(self) -> None:
        """Nothing is asked for any more; what is begun comes to its end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class Turns:
    """For a coroutine that has much to do: it gives the loop a turn every 10 ms."""

    def __init__(self) -> None:
        self._since = monotonic()

    async def give(self) -> None:
        if monotonic() - self._since > _TURN_S:
            await asyncio.sleep(0)
            self._since = monotonic()
