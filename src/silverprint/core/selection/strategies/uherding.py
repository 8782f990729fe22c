"""uherding: the batch that best covers what the model is unsure of. Without labels or a model it is MaxHerding.

Bae, Noh & Sutherland 2024, "Uncertainty Herding: One Active Learning Method for All Label Budgets" (arXiv:2412.20644):
the next pick raises most the uncertainty coverage of the pool,

    (1 / N) Σ_n u_n max_{l labelled or picked} k(x_n, l),      k(x, l) = exp(-(|x - l| / σ)²),

with u the margin uncertainty and σ the smallest positive distance between two labelled rows: with few labels it covers
the pool at large, with many it turns to the single doubtful rows. u is as good as the probabilities are calibrated
(the paper scales them by a temperature first; so does `train`). With u = 1 and σ = 1 it is MaxHerding (Bae, Noh &
Sutherland 2024, "Generalized Coverage for More Robust Low-Budget Active Learning", section 3).
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from silverprint.core import uncertainty
from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.distances import squared_distances
from silverprint.core.selection.lazy_greedy import lazy_greedy
from silverprint.core.selection.ranking import measure_rows
from silverprint.core.selection.strategy import Asked, Picks, Pool, Strategy

Points: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # places in the pool, (n,), to (n, d)

CELLS: Final = 200_000_000  # cells of the one array of candidates x references, float32
NARROWEST: Final = 0.02  # σ: single precision measures nothing nearer, and the kernel has long been "the same or not"

STREAM: Final = 1  # of the chance by which rows are drawn

_CANDIDATES: Final = 20_000
_REFERENCES: Final = 4_000
_ROWS: Final = 512


def pick(pool: Pool, references: int | None = None, candidates: int | None = None) -> Picks:
    """Greedy coverage, exact where `references` and `candidates` hold the pool; the value is the gain, 0..1.

    Args:
        references: unlabelled rows that coverage is measured on, at most, drawn in proportion to u. By default 4,000,
            or ten for each pick, as far as CELLS allows.
        candidates: unlabelled rows that are considered, at most (never fewer than the budget), by the same draw.
    """
    if pool.probabilities is None or not len(pool.covered):
        return herd(pool, np.ones(len(pool.candidates)), 1.0, references, candidates)
    unsure = measure_rows(pool.probabilities, pool.candidates, uncertainty.margin)
    return herd(
        pool,
        weights(unsure, len(unsure), pool.asked),
        smallest_distance(pool.directions, pool.covered),
        references,
        candidates,
    )


def weights(unsure: NDArray[np.float64] | None, count: int, asked: Asked) -> NDArray[np.float64]:
    """u of `count` rows, (count,), by their margin uncertainty."""
    return np.ones(count) if unsure is None or not asked.covered else unsure


def looked_at(budget: int) -> int:
    """How many of the rows drawn first decide what `herd` picks, where it is given no numbers of its own."""
    return max(_CANDIDATES, 10 * budget, _REFERENCES) + 1  # one more says what the others stand for


def herd(
    pool: Pool,
    weights: NDArray[np.float64],
    width: float,
    references: int | None = None,
    candidates: int | None = None,
    points: Points | None = None,
) -> Picks:
    """`pick` for any uncertainty u, (len(pool.candidates),) at least 0 each, any σ > 0, and any points to cover."""
    points = points or pool.directions
    chance = pool.chance(pool.candidates, STREAM)
    drawn = np.argsort(-weights / chance, kind="stable")
    considered = pool.candidates[drawn[: max(_CANDIDATES if candidates is None else candidates, pool.budget)]]
    wanted = max(_REFERENCES, 10 * pool.budget) if references is None else references
    count = min(len(drawn), wanted, max(1, CELLS // max(1, len(considered))))
    rows = points(pool.candidates[drawn[:count]])
    similar = np.empty((len(considered), count), dtype=np.float32)
    for part in chunks(len(considered), _ROWS):
        similar[part] = kernel(points(considered[part]), rows, width)
    covered = np.zeros(count, dtype=np.float32)
    for part in chunks(len(pool.covered), _ROWS):
        covered = np.maximum(covered, kernel(points(pool.covered[part]), rows, width).max(axis=0))
    shares = priority_estimates(weights[drawn], chance[drawn], count)
    coverage = Coverage(similar, covered, shares, pool.size)
    chosen, gains = lazy_greedy(coverage, coverage.values(np.arange(len(considered))), pool.budget)
    return considered[chosen], gains


class Coverage:
    """The gain in uncertainty coverage, an `Objective`: it falls for every row with every row taken."""

    def __init__(
        self, similar: NDArray[np.float32], covered: NDArray[np.float32], shares: NDArray[np.float32], rows: int
    ) -> None:
        self.similar = similar  # (candidates, references), 0..1
        self.covered = covered  # (references,)
        self.shares = shares  # (references,) what each stands for of the pool's `rows`
        self.rows = rows

    def values(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        # Row by row: a sum over a block may round differently with the block's size, and break a tie.
        return np.array([self._gain(place) for place in places], dtype=np.float64)

    def take(self, place: int, value: float) -> None:
        self.covered = np.maximum(self.covered, self.similar[place])

    def _gain(self, place: int) -> float:
        gains = np.maximum(self.similar[place] - self.covered, 0)
        gains *= self.shares
        return float(gains.sum(dtype=np.float64)) / self.rows


def priority_estimates(weights: NDArray[np.float64], chance: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """What each of the first `count` rows stands for, so that any sum over them is an unbiased one over all rows.

    Priority sampling (Duffield, Lund & Thorup 2007, section 2): keep the largest weight / chance; each counts
    as its weight, or as the largest that was left out where that is more.

    Args:
        weights: (n,), at least 0, and chance, (n,) in (0, 1), in falling order of their ratio.
    """
    left_out = weights[count] / chance[count] if count < len(weights) else 0.0
    return np.maximum(weights[:count], left_out).astype(np.float32)


def kernel(a: NDArray[np.float32], b: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    """exp(-(|a_i - b_j| / width)²) of rows of about length one, or zero, (len(a), len(b))."""
    found = a @ b.T
    found *= 2
    found -= np.einsum("nd,nd->n", a, a)[:, None] + np.einsum("nd,nd->n", b, b)
    np.minimum(found, 0, out=found)
    found /= np.float32(width**2)
    np.exp(found, out=found)
    return np.asarray(found)


def smallest_distance(points: Points, places: NDArray[np.int64]) -> float:
    """σ: the smallest positive distance between two of the points, at least NARROWEST; 1 where no two differ."""
    rows = points(places).astype(np.float64)
    nearest = np.inf
    for part in chunks(len(rows), _ROWS):
        distances = squared_distances(rows[part], rows[part.start :])
        nearest = min(nearest, float(np.min(distances, where=distances > 0, initial=np.inf)))
    return max(float(np.sqrt(nearest)), NARROWEST) if np.isfinite(nearest) else 1.0


STRATEGY: Final = Strategy(
    pick,
    "stands for many doubtful pictures that no earlier one stands for: raises their coverage by {score:.2%}",
    draws_by=weights,
)
