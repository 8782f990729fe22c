"""Kinds of work: what a function of jobs occupies while it runs."""

from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["core", "machine", "gpu"]

CORE: Final = "core"  # one core; every core has a process of its own
# All cores of a machine, by threads in one process: it holds a network, and leaves Python's interpreter for its work.
MACHINE: Final = "machine"
GPU: Final = "gpu"  # the same with a GPU, where there is one
