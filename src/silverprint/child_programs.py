"""Programs that this one calls: watched, and ended with all that they started where this one is ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_POLL_S: Final = 0.5
_END_POLL_S: Final = 0.1
_STOP_S: Final = 5.0  # to end by itself, before it is killed


@contextmanager
def as_ctrl_c() -> Iterator[None]:
    """In the block SIGTERM and SIGHUP raise KeyboardInterrupt; one that is ignored, as by nohup, stays ignored.

    Only the main thread can have it so; in another one nothing changes.

    Raises:
        KeyboardInterrupt: one of them came; it has its number, as Ctrl-C has none.
    """
    with _handled(_interrupt, SIGNALS):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None], numbers: Sequence[signal.Signals]) -> Iterator[None]:
    """In the block these signals call `handler`, in the main thread; one that is ignored stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number, there in before.items():
            if there is not signal.SIG_IGN:
                signal.signal(number, handler)
        yield
    finally:
        for number, there in before.items():
            signal.signal(number, there)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def call(command: Sequence[str | Path], still: Callable[[], None], **options: Any) -> int:
    """The program's exit code.

    It inherits the open files that are inheritable: a lock that is, is held until it ends, should this process be
    killed and leave it behind.

    Args:
        still: called twice a second while it runs.
        options: those of `subprocess.Popen`.

    Raises:
        KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP came; it and every process that it started has ended.
    """
    with as_ctrl_c():
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, close_fds=False, **options
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(_POLL_S)
                still()
        finally:
            if process.poll() is None:
                end_session(process.pid, lambda: process.poll() is not None, _STOP_S)


def until_it_ends(command: Sequence[str], **options: Any) -> int:
    """The exit code of a program that knows how to end what it started: what is to end us is handed on to it.

    Nothing is raised while it is waited for: an exception that came just as it ended would lose its exit code. It is
    asked for again and again, as a signal may reach another thread, and then nothing wakes this one.

    Args:
        options: those of `subprocess.Popen`.
    """
    begun: list[subprocess.Popen[Any]] = []
    often = 0

    def hand_on(number: int, frame: FrameType | None) -> None:
        nonlocal often
        if not begun:
            raise KeyboardInterrupt
        often += 1
        if number != signal.SIGINT or often > 1 or not _in_foreground():  # else the terminal sent it Ctrl-C, too
            begun[0].terminate()

    with _handled(hand_on, (signal.SIGINT, *SIGNALS)):
        begun.append(subprocess.Popen(command, **options))
        while True:
            with suppress(subprocess.TimeoutExpired):
                return begun[0].wait(_POLL_S)


def _in_foreground() -> bool:
    """Whether a terminal sends Ctrl-C to this process and to those that it started."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def end_session(
    leader: int, ended: Callable[[], bool], patience_s: float, still: Callable[[], None] = lambda: None
) -> None:
    """Ends a session of processes: asks, waits, then kills what is left of it.

    Args:
        leader: its process number, which is the session's.
        ended: whether it has ended.
        patience_s: seconds to end by itself, and again to be gone once it is killed.
        still: called ten times a second meanwhile.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(leader, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience_s
        while not ended() and time.monotonic() < deadline:
            still()
            time.sleep(_END_POLL_S)
