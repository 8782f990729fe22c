"""Processes of the demo: steps in the foreground, the site and the people in the background. None outlives it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from silverprint import layout

_PR_SET_PDEATHSIG: Final = 1  # prctl(2): the signal that a process gets when its parent ends, however that happens


def call(command: list[str]) -> int:
    """Runs a command in our foreground. At Ctrl-C it gets the signal too, and the time to end well."""
    process = subprocess.Popen(command, preexec_fn=_ending_with_us())
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait(timeout=60)
        raise


@contextmanager
def background(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m silverprint.demo` with `arguments` in a session of its own, ended with the block; logs to `name`."""
    layout.DEMO.mkdir(parents=True, exist_ok=True)
    with (layout.DEMO / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "silverprint.demo", *arguments],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_ending_with_us(),
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _ending_with_us() -> Callable[[], None] | None:
    """What a child runs before its program, so that the kernel sends it SIGTERM at our end, even by SIGKILL."""
    if sys.platform != "linux":
        return None
    library, parent = ctypes.CDLL(None), os.getpid()

    def arrange() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we ended before the kernel knew
            os.kill(os.getpid(), signal.SIGTERM)

    return arrange
