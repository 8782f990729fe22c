"""maxherding: the batch that best covers the pool, with no model at all: uherding with u = 1 and σ = 1."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.strategies.uherding import herd
from silverprint.core.selection.strategy import Asked, Picks, Pool, Strategy


def pick(pool: Pool, references: int | None = None, candidates: int | None = None) -> Picks:
    """Picks like `uherding.pick` without a model, in every round; the value is the gain in mean coverage, 0..1."""
    return herd(pool, np.ones(len(pool.candidates)), 1.0, references, candidates)


def weights(_: NDArray[np.float64] | None, count: int, __: Asked) -> NDArray[np.float64]:
    """Every row counts the same."""
    return np.ones(count)


STRATEGY: Final = Strategy(
    pick,
    "stands for many pictures that no earlier one stands for: raises the coverage of the pool by {score:.2%}",
    draws_by=weights,
)
