"""Killable process for function calls: it is reused until it has to be killed, then replaced.

A process is started by the first call that needs one, serves one call at a time, and ends with this one: its input
breaks off. How long and how large it is, is watched from here, by the processor's clock and what lies in memory, so
that a decoder in C, which no exception reaches, can neither hang nor swell.
"""

import atexit
import contextlib
import os
import pickle
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, Final, cast

import psutil

from silverprint.errors import UnavailableError
from silverprint.imaging.killable_main import LENGTH

_LOOK_S: Final = 0.01  # between two looks at a process that works
_PATIENCE: Final = 20  # wall-clock seconds for each of the processor: it may wait for memory or neighbours
_IDLE: Final = 4  # processes that are kept for the next call


class CallEnded(Exception):  # noqa: N818 (a finding about a picture, not a fault)
    """A call did not come to its end. `why`: too-slow, too-much-memory or crashed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Child:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "silverprint.imaging.killable_main"]
        self.owner = os.getpid()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._orders, self._results = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._watched = psutil.Process(self._process.pid)
        try:
            self._read(sys.maxsize, sys.maxsize)  # waits until it is ready
        except CallEnded:  # no picture's fault: of none that is costly anything would be known, and all said to be bad
            self.end()
            rule = f"the process that decodes pictures ended before the first (exit code {self._process.returncode})"
            remedy = "see why by: python -m silverprint.imaging.killable_main </dev/null"
            raise UnavailableError(" ".join(command), rule, remedy) from None
        self._empty = self._watched.memory_info().rss  # bytes without any picture

    def call(self, job: bytes, seconds: float, megabytes: int) -> tuple[bool, Any]:
        """(whether it was returned, what was returned or raised).

        Raises:
            CallEnded: see there; the process cannot be used any more.
        """
        try:
            self._orders.write(LENGTH.pack(seconds, len(job)))
            self._orders.write(job)
            self._orders.flush()
        except BrokenPipeError:
            raise CallEnded("crashed") from None
        found: tuple[bool, Any] = pickle.loads(self._read(seconds, megabytes * 1_000_000))  # noqa: S301 (of this program)
        return found

    def end(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):
            self._orders.close()
        self._results.close()
        self._process.wait()

    def _read(self, seconds: float, most: int) -> bytes:
        """The next message.

        Args:
            most: bytes of memory that it may have more than without any picture.
        """
        used, start = self._used_s(), time.monotonic()
        while not select.select([self._results], [], [], _LOOK_S)[0]:
            if most < sys.maxsize and self._watched.memory_info().rss - self._empty > most:
                raise CallEnded("too-much-memory")
            if self._used_s() - used > seconds or time.monotonic() - start > _PATIENCE * seconds:
                raise CallEnded("too-slow")
        head = self._results.read(LENGTH.size)
        size = LENGTH.unpack(head)[1] if len(head) == LENGTH.size else -1
        body = self._results.read(size) if size >= 0 else b""
        if len(body) != size:
            raise CallEnded("too-slow" if self._process.wait() == -_SIGXCPU else "crashed")
        return body

    def _used_s(self) -> float:
        times = self._watched.cpu_times()
        return float(times.user + times.system)


_SIGXCPU: Final = 24
_idle: list[_Child] = []
_lock = threading.Lock()


def run(work: Callable[..., Any], arguments: tuple[Any, ...], seconds: float, megabytes: int) -> Any:
    """`work(*arguments)` in another process; what it returns or raises.

    Args:
        work: at a module's top level; arguments and results can be pickled.
        seconds: of the processor.
        megabytes: of memory, beside what the process has without any work.

    Raises:
        CallEnded: beyond a limit, or the process died.
        UnavailableError: no process can be started.
    """
    job = pickle.dumps((work, arguments), protocol=pickle.HIGHEST_PROTOCOL)
    child = _taken() or _Child()
    try:
        is_returned, found = child.call(job, seconds, megabytes)
    except BaseException:  # Ctrl-C, too: what it would answer later belongs to no other call
        child.end()
        raise
    with _lock:
        keep = len(_idle) < _IDLE
        if keep:
            _idle.append(child)
    if not keep:
        child.end()
    if not is_returned:
        if isinstance(found, MemoryError):
            raise CallEnded("too-much-memory")
        raise found
    return found


def _taken() -> _Child | None:
    """One that waits for work; those that belong to the process that this one was forked from are forgotten."""
    with _lock:
        while _idle:
            child = _idle.pop()
            if child.owner == os.getpid():
                return child
    return None


@atexit.register
def _end_all() -> None:
    while (child := _taken()) is not None:
        child.end()
