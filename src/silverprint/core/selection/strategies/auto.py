"""auto: the default, for any number of labels, without knobs. It covers both the features and the predictions.

Uncertainty herding (see `uherding`) with three changes, all from the development set of the trial in
docs/benchmarks/label-efficiency.md:

- Once there is a model, a picture's place is x' = (x, √p): its features, centred and of length one, and the square
  roots of its class probabilities. Then |x' - l'|² = |x - l|² + 2 H²(p_x, p_l) with H Hellinger's distance: a label
  does not cover a look-alike of which the model thinks something else. σ is the smallest positive distance between two
  labelled places, and u the margin uncertainty, as in uherding.
- A model of fewer labels than are to be chosen is believed to the share t = labels / budget only: x' = (x, √(t p)) and
  u^t, so that a large batch after a small one covers the pool at large. From as many labels on, t = 1.
- Before, every picture counts the same and σ = √2, the distance between two directions that have nothing in common
  (MaxHerding has σ = 1): the first batch stands for wider parts of the pool. Predictions that no label of ours taught,
  those of a classifier that was there before, are parts of the places then, and no measure of doubt.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core import uncertainty
from silverprint.core.selection.ranking import measure_rows
from silverprint.core.selection.strategies.uherding import herd, smallest_distance
from silverprint.core.selection.strategy import Asked, Picks, Pool, Strategy

WIDEST: Final = 2**0.5  # σ without labels


def pick(pool: Pool) -> Picks:
    """Greedy coverage of places x' weighted by u; the value is the gain in it, 0..1."""
    thought = pool.probabilities
    if thought is None or not len(pool.covered):
        return herd(pool, np.ones(len(pool.candidates)), WIDEST)

    trust = _trust(pool.asked)

    def points(places: NDArray[np.int64]) -> NDArray[np.float32]:
        roots = np.sqrt(trust * uncertainty.mean(thought[..., places, :]))
        return np.concatenate([pool.directions(places), roots.astype(np.float32)], axis=1)

    if not pool.asked.taught:
        return herd(pool, np.ones(len(pool.candidates)), WIDEST, points=points)
    unsure = measure_rows(thought, pool.candidates, uncertainty.margin)
    return herd(pool, weights(unsure, len(unsure), pool.asked), smallest_distance(points, pool.covered), points=points)


def weights(unsure: NDArray[np.float64] | None, count: int, asked: Asked) -> NDArray[np.float64]:
    """u^t of `count` rows, (count,), by their margin uncertainty."""
    if unsure is None or not asked.covered or not asked.taught:
        return np.ones(count)
    return np.asarray(unsure ** _trust(asked))


def _trust(asked: Asked) -> float:
    return min(1.0, asked.covered / max(1, asked.budget)) if asked.taught else 1.0


STRATEGY: Final = Strategy(
    pick,
    "stands for many doubtful pictures that no earlier one stands for: raises their coverage by {score:.2%}",
    draws_by=weights,
)
