"""Who takes part, and what each is given: rows to choose from, what is labelled, the head of the labels so far."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import Task
from benchmarks.label_efficiency.head import Head
from silverprint.core.selection import select
from silverprint.errors import ConfigError


class NeedsModel(Exception):  # noqa: N818 - a refusal, not a fault
    """The strategy cannot choose before there is a model; the trial then takes random's choice."""


@dataclass(frozen=True)
class Request:
    embeddings: NDArray[np.float32]  # (N, D) of the blocks that were chosen
    labeled: NDArray[np.int64]
    labels: NDArray[np.int64]
    budget: int
    head: Head | None
    truth: NDArray[np.int64]  # for the oracle alone


Contestant = Callable[[Request], NDArray[np.int64]]


def contestant(name: str, task: Task, seed: int) -> Contestant:
    """A fresh one for a run, by name.

    `peer:NAME` is scikit-activeml's, `oracle` sees the truth, what remains is a name in STRATEGIES.
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
        return chosen(self.name, request, self.seed)


def chosen(name: str, request: Request, seed: int) -> NDArray[np.int64]:
    """What a strategy of STRATEGIES picks."""
    probabilities = None if request.head is None else request.head.probabilities(request.embeddings)
    try:
        return select(
            name,
            embeddings=request.embeddings,
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
