"""Threads of linear algebra while something is learnt: one.

A step of learning is a product of a few milliseconds, and hundreds of steps follow one another. Threads that share such
a product wait for one another more than they work, above all beside other programs (decision 0256).
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import scipy.linalg  # noqa: F401  # its library of linear algebra is among those that are limited
from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with one thread for its linear algebra while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _libraries().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _libraries() -> ThreadpoolController:
    """Those that are loaded; a search through the process takes some hundredths of a second."""
    return ThreadpoolController()
