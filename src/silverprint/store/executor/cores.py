"""Cores of the processor that this process may use."""

import os


def available() -> int:
    """Their number, at least 1; all of the machine's where the system does not say which are ours."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
