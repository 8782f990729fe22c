"""Who takes part, and what each is given: rows to choose from, what is labelled, the head of the labels so far."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import Task
from benchmarks.label_efficiency.head import Head
from silverprint.core.selection import select
from silverprint.errors import ConfigError

VIEWS = ("final", "middle")  # the blocks of the backbone's features, in their order


class NeedsModel(Exception):  # noqa: N818 - a refusal, not a fault
    """The strategy cannot choose before there is a model; the trial then takes random's choice."""


@dataclass(frozen=True)
class Request:
    embeddings: NDArray[np.float32]
    blocks: tuple[slice, ...]
    labeled: NDArray[np.int64]
    labels: NDArray[np.int64]
    budget: int
    head: Head | None
    truth: NDArray[np.int64]  # for the oracle alone


Contestant = Callable[[Request], NDArray[np.int64]]


def contestant(name: str, task: Task, seed: int) -> Contestant:
    """A fresh one for a run, by name.

    `peer:NAME` is scikit-activeml's, `oracle` sees the truth, `NAME@final` and `NAME@middle` are of STRATEGIES and see
    one block of the backbone's features; what remains is a name in STRATEGIES.
    """
    if name.startswith("peer:"):
        from benchmarks.label_efficiency.peers import Peer

        return Peer(name.removeprefix("peer:"), task.classes, seed)
    if name == "oracle":
        from benchmarks.label_efficiency.oracle import Oracle

        return Oracle(seed)
    return Ours(name, seed)


@dataclass(frozen=True)
class Ours:
    name: str
    seed: int

    def __call__(self, request: Request) -> NDArray[np.int64]:
        strategy, _, view = self.name.partition("@")
        return chosen(strategy, request, self.seed, request.blocks[VIEWS.index(view)] if view else slice(None))


def chosen(name: str, request: Request, seed: int, columns: slice = slice(None)) -> NDArray[np.int64]:
    """What a strategy of STRATEGIES picks that sees these columns; the model's predictions are the same for all."""
    probabilities = None if request.head is None else request.head.probabilities(request.embeddings)
    try:
        return select(
            name,
            embeddings=request.embeddings[:, columns],
            probabilities=probabilities,
            labeled=request.labeled,
            labels=request.labels,
            budget=request.budget,
            seed=seed,
        )
    except ConfigError:
        if request.head is None:
            raise NeedsModel from None
        raise
