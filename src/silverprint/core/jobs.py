"""Jobs: a computation cut into pieces that whoever calls it may have done elsewhere.

A function that can be cut takes a `Run`. Its jobs are arrays, each of some tens of megabytes at most and made when its
turn comes; what it comes to is the same whoever does them. What is small is done here, without any `Run`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

# (function, jobs) to its results in the order of the jobs, as the builtin `map`, which does them here, one by one.
Run: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
