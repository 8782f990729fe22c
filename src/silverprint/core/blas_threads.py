"""Threads of linear algebra while something is learnt: one.

A step of learning is a product of a few milliseconds, and hundreds of steps follow one another. Threads that share such
a product wait for one another more than they work, above all beside other programs (decision 0256).
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with one thread for its linear algebra while it runs."""
    limited: Callable[P, R] = threadpool_limits.wrap(limits=1, user_api="blas")(function)
    return limited
