"""maxherding: the batch that best covers the pool, with no model at all: uherding with u = 1 and σ = 1."""

from typing import Final

import numpy as np

from silverprint.core.selection.strategies.uherding import herd
from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool, references: int | None = None, candidates: int = 20_000) -> Picks:
    """Picks like `uherding.pick` without a model, in every round; the value is the gain in mean coverage, 0..1."""
    return herd(pool, np.ones(len(pool.candidates)), 1.0, references, candidates)


STRATEGY: Final = Strategy(
    pick, "stands for many pictures that no earlier one stands for: raises the coverage of the pool by {score:.2%}"
)
