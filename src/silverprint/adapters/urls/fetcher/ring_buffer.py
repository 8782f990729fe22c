"""Ring buffer in shared memory: one process writes bodies, the other takes them out in the same order."""

import mmap
import os
import tempfile
from collections import deque
from typing import Final

HOT: Final = 8_000_000  # bytes held at most, but for a single larger body: so little stays in the processor's cache


def memory_file(size: int) -> int:
    """The descriptor of a file of `size` bytes in memory; where the system has none, of one on the disk, unnamed."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("silverprint")
    else:
        with tempfile.TemporaryFile() as unnamed:
            descriptor = os.dup(unnamed.fileno())
    os.truncate(descriptor, size)
    return descriptor


class Ring:
    """
    Args:
        descriptor: of a file in memory.
        size: of it, bytes.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._memory, self._size = mmap.mmap(descriptor, size), size
        self._held: deque[tuple[int, int]] = deque()  # start and end of what was put and not freed, oldest first
        self._bytes = 0  # bytes of those

    def put(self, data: bytes) -> int | None:
        """Where `data` now lies; None where there is no room until older ones are freed."""
        start = None if self._held and self._bytes + len(data) > HOT else self._start(len(data))
        if start is not None:
            self._memory[start : start + len(data)] = data
            self._held.append((start, start + len(data)))
            self._bytes += len(data)
        return start

    def free(self, count: int) -> None:
        """The oldest `count` are done with."""
        for _ in range(count):
            start, end = self._held.popleft()
            self._bytes -= end - start

    def get(self, place: int, size: int) -> bytes:
        return self._memory[place : place + size]

    def _start(self, size: int) -> int | None:
        if not self._held:
            return 0 if size <= self._size else None  # always the same memory while the other keeps up: it stays cached
        tail, head = self._held[0][0], self._held[-1][1]
        if self._bytes and head <= tail:  # it begins anew before the oldest; where all are empty, nothing is in the way
            return head if head + size < tail else None
        if head + size > 2 * HOT and size < tail:
            return 0
        return head if head + size <= self._size else None
