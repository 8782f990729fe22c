"""How much memory processes take, read of each of them alone.

Not getrusage's: `ru_maxrss` of a process that was forked begins with its parent's, and RUSAGE_CHILDREN is the largest
child that this process ever had, whichever test it belonged to. The kernel's high-water mark (proc_pid_status(5),
VmHWM) begins anew where a program begins, and knows what came between two looks.
"""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

_LOOK_S = 0.05


def high_water(number: int) -> float:
    """The most megabytes that the process of that number ever held; 0 where it has just ended."""
    try:
        text = Path(f"/proc/{number}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    said = text.partition("VmHWM:")[2].split()
    return int(said[0]) / 1000 if said else 0.0


def peak_megabytes() -> float:
    """The most of this process and of those that it started and that live, together."""
    return sum(map(high_water, [os.getpid(), *(one.pid for one in psutil.Process().children())]))


def run_watched(
    command: Sequence[str], timeout: float, **options: Any
) -> tuple[subprocess.CompletedProcess[str], float]:
    """Runs `command` to its end, with `options` of Popen's.

    Returns:
        What it ended with and said, and the most megabytes that one process of its had: it, or one that it started,
        or they; of each as it was up to 50 ms before its end.
    """
    peaks, is_over = [0.0], Event()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        watch = Thread(target=_look, args=(psutil.Process(process.pid), peaks, is_over))
        watch.start()
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            is_over.set()
            watch.join()
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, out, err), max(peaks)


def _look(process: psutil.Process, peaks: list[float], is_over: Event) -> None:
    while not is_over.wait(_LOOK_S):
        with suppress(psutil.NoSuchProcess):
            tree = [process, *process.children(recursive=True)]
            peaks.append(max(high_water(one.pid) for one in tree))
