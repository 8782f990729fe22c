"""Parent's side of the child process: starts it, sends orders, takes results."""

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from silverprint.adapters.urls.fetcher.messages import LENGTH, FetchSettings, Orders, Request, Result, frame
from silverprint.adapters.urls.fetcher.ring_buffer import HOT, Ring, memory_file

_GATHERED: Final = 64  # requests or bodies sent together, so that each does not cost a message


class FetcherProcess:
    """A process of its own for everything that listens, so that hashing and writing hold up no socket.

    Used as a context, at whose end the process ends, whatever is under way.
    """

    def __init__(self, manner: FetchSettings) -> None:
        self._manner = manner
        self._size = max(4 * HOT, 4 * manner.max_bytes)  # pages that are never touched take no memory
        self._requests: list[Request] = []
        self._freed, self._freed_bytes = 0, 0
        self._under_way = 0  # requests sent and not answered

    def __enter__(self) -> Self:
        descriptor = memory_file(self._size)
        self._ring = Ring(descriptor, self._size)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "silverprint.adapters.urls.fetcher.child", str(descriptor), str(self._size)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[descriptor],
            process_group=0,  # Ctrl-C is for us, who then end it
        )  # fmt: skip
        os.close(descriptor)
        self._to, self._from = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self._answers = select.poll()
        self._answers.register(self._from, select.POLLIN)
        self._write(self._manner)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.stop()
        self._process.communicate()

    def stop(self) -> None:
        """Ends the process; what it has sent can still be received."""
        self._process.terminate()

    def order(self, requests: Sequence[Request]) -> None:
        self._requests += requests

    def receive(self) -> list[Result]:
        """The next results, at least one; none once the process has ended.

        Before it waits it says what is ordered and free: the other side may wait for room, and nothing else would come.
        """
        if (self._requests or self._freed) and (self._due() or not self._answers.poll(0)):
            self._write(Orders(self._requests, self._freed))
            self._under_way += len(self._requests)
            self._requests, self._freed, self._freed_bytes = [], 0, 0
        head = self._read(LENGTH.size)
        results: list[Result] = pickle.loads(self._read(*LENGTH.unpack(head))) if head else []  # noqa: S301 (our child)
        self._under_way -= len(results)
        return results

    def body(self, result: Result) -> bytes | None:
        """The body of a result; to be called once for each, in their order."""
        if result.size is None:
            return None
        self._freed, self._freed_bytes = self._freed + 1, self._freed_bytes + result.size
        return self._ring.get(result.place, result.size)

    def _due(self) -> bool:
        """Whether so much waits that it is sent although there is something to receive."""
        gathered = max(len(self._requests), self._freed)
        return gathered >= _GATHERED or self._under_way < _GATHERED or self._freed_bytes >= HOT // 4

    def _write(self, message: FetchSettings | Orders) -> None:
        with suppress(BrokenPipeError):  # the child has ended: there will be nothing to receive
            self._to.write(frame(message))
            self._to.flush()

    def _read(self, count: int) -> bytes:
        data = self._from.read(count)
        return data if len(data) == count else b""
