"""badge: a batch whose pictures would each move the head far, and in different directions.

Batch Active learning by Diverse Gradient Embeddings (Ash et al. 2020, arXiv:1906.03671, algorithm 1): the gradient of
the head's loss at its own guess ŷ is g = δ ⊗ h, with δ = p - onehot(ŷ) (equation 1) and h the embedding; the batch is
drawn from the g by k-means++, the longest first. g has C · D columns and is never made:

    |g_a - g_b|² = |δ_a|²|h_a|² + |δ_b|²|h_b|² - 2 (δ_a · δ_b)(h_a · h_b).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core import uncertainty
from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.d2_sampling import d2_sample
from silverprint.core.selection.distances import ROUNDING
from silverprint.core.selection.strategy import Picks, Pool, Strategy

_STREAM = 2


def pick(pool: Pool) -> Picks:
    """The batch in the order drawn; the value is |g - nearest earlier g|², of the first |g|². They need not fall."""
    gradients = Gradients(pool, pool.predictions)
    if not pool.budget:
        return np.empty(0, dtype=np.int64), np.empty(0)
    first = int(np.argmax(gradients.lengths))
    drawn, values = d2_sample(gradients.squared, pool.chance(pool.candidates, _STREAM), first, pool.budget)
    values[0] = gradients.lengths[first]
    return pool.candidates[drawn], values


class Gradients:
    """The gradient embeddings of a pool's candidates, in factors."""

    def __init__(self, pool: Pool, probabilities: NDArray[np.floating]) -> None:
        self.pool = pool
        self.probabilities = probabilities
        self.lengths = np.empty(len(pool.candidates))  # |g|²
        for part in chunks(len(pool.candidates)):
            deltas, rows = self._factors(np.arange(part.start, part.stop))
            self.lengths[part] = np.einsum("nc,nc->n", deltas, deltas) * np.einsum("nd,nd->n", rows, rows)

    def squared(self, places: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float64]:
        """|g_a - g_b|², (len(places), len(others)); exactly 0 where rounding cannot tell it from 0."""
        found = np.empty((len(places), len(others)))
        other_deltas, other_rows = self._factors(others)
        for part in chunks(len(places)):
            deltas, rows = self._factors(places[part])
            lengths = self.lengths[places[part], None] + self.lengths[others]
            found[part] = lengths - 2 * (deltas @ other_deltas.T) * (rows @ other_rows.T)
            found[part][found[part] < ROUNDING * lengths] = 0
        return found

    def _factors(self, places: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """δ (n, C) and h (n, D) of candidates."""
        rows = self.pool.candidates[places]
        deltas = uncertainty.mean(self.probabilities[..., rows, :])
        deltas[np.arange(len(rows)), deltas.argmax(axis=1)] -= 1
        return deltas, self.pool.rows(rows).astype(np.float64)


STRATEGY: Final = Strategy(pick, "would move the head far, and otherwise than the pictures before it", needs_model=True)
