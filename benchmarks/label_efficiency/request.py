"""What a contestant is given, and how ours choose from it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
