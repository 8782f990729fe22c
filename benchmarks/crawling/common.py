"""What every contestant does alike: takes ADDRESS PICTURES FOLDER, prints one line of JSON about itself."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

AT_ONCE = 32  # requests open at a time, of every contestant


def timed(work: Callable[[str, int, Path], None]) -> None:
    """Runs `work`; prints when it ended, its CPU seconds and its peak memory, those of child processes included.

    The clock is the machine's (CLOCK_MONOTONIC), the same as the server's.
    """
    address, pictures, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    before = _cpu()
    work(address, pictures, folder)
    ended = time.monotonic()
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"ended": ended, "cpu_seconds": _cpu() - before, "peak_mb": peak / 1_000}))


def addresses(address: str, pictures: int) -> list[str]:
    return [f"{address}/img/{number}.jpg" for number in range(pictures)]


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
