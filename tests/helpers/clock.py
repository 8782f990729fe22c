"""What a piece of work costs the processor, measured so that a busy machine and a large heap change nothing."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
TRIES = 3  # noise only adds: the least of some measurements is what the work costs


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of work that takes this thread at most so many seconds of the processor, in one of three tries."""
    gc.disable()  # a collection that falls into the work would walk all that thousands of tests left behind
    try:
        took = []
        while len(took) < TRIES and not (took and took[-1] <= seconds):
            since = time.thread_time()
            result = work()
            took.append(time.thread_time() - since)
    finally:
        gc.enable()
    assert min(took) <= seconds, f"took {min(took):.2f} s of the processor, {seconds} s are allowed"
    return result
