"""Cores of the processor that this process may use."""

import os

_share: list[int] = []  # what an executor granted this process, where it is a worker


def available() -> int:
    """Their number, at least 1; all of the machine's where the system does not say which are ours."""
    if _share:
        return _share[0]
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grant(number: int) -> None:
    """From now on this process uses so many: there are other workers beside it."""
    _share[:] = [number]
