"""Limits per host: many hosts at once, few requests at each."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class HostLimits(Generic[T]):
    """
    Args:
        group: its tasks do the work.
        per_host: items of one host that are worked on at a time.
        work: called with each item; what it raises ends the group.
    """

    def __init__(self, group: asyncio.TaskGroup, per_host: int, work: Callable[[T], Awaitable[None]]) -> None:
        self._group, self._per_host, self._work = group, per_host, work
        self._waiting: dict[str, deque[T]] = {}
        self._workers: Counter[str] = Counter()

    def add(self, host: str, item: T) -> None:
        """Has it worked on when its host's turn comes; those of one host are begun in their order."""
        self._waiting.setdefault(host, deque()).append(item)
        if self._workers[host] < self._per_host:
            self._workers[host] += 1
            self._group.create_task(self._serve(host))

    async def _serve(self, host: str) -> None:
        waiting = self._waiting[host]
        while waiting:
            await self._work(waiting.popleft())
        self._workers[host] -= 1
        if not self._workers[host]:
            del self._workers[host], self._waiting[host]
