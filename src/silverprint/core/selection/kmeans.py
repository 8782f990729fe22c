"""k-means (Lloyd 1982), seeded by greedy k-means++ (Arthur & Vassilvitskii 2007; Celebi et al. 2013)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import chunks

Rows = NDArray[np.float32]

_ROUNDS: Final = 20
_ROUNDING: Final = 1e-6  # a squared distance below it, between rows of length one, is indistinguishable from 0


def kmeans(rows: Rows, count: int, seed: int) -> Rows:
    """The centres, (count, D), after 20 rounds, or fewer where nothing moves any more.

    A centre that loses all its rows stays where it is. The result depends on the order of the rows.

    Args:
        rows: (n, D), n at least 1, of length one at most.
        count: 1..n.
    """
    centres = rows[_seeds(rows, count, seed)]
    before: NDArray[np.int64] = np.full(len(rows), -1)
    for _ in range(_ROUNDS):
        nearest = assign(rows, centres)
        if np.array_equal(nearest, before):
            break
        before = nearest
        by_centre = np.argsort(nearest, kind="stable")
        filled, starts, sizes = np.unique(nearest[by_centre], return_index=True, return_counts=True)
        centres[filled] = np.add.reduceat(rows[by_centre], starts, axis=0) / sizes[:, None]
    return centres


def assign(rows: Rows, centres: Rows) -> NDArray[np.int64]:
    """(n,) the nearest centre of each row, the lower of two that are equally near."""
    lengths = np.einsum("nd,nd->n", centres, centres)
    nearest = np.empty(len(rows), dtype=np.int64)
    for part in chunks(len(rows)):
        nearest[part] = (lengths - 2 * (rows[part] @ centres.T)).argmin(axis=1)
    return nearest


def _seeds(rows: Rows, count: int, seed: int) -> NDArray[np.int64]:
    """(count,) places, each the best of a few drawn in proportion to the squared distance to those before."""
    chance = np.random.default_rng(seed)
    tries = 2 + int(np.log(count))
    seeds = np.zeros(count, dtype=np.int64)
    lengths = np.einsum("nd,nd->n", rows, rows)
    far = _squared(rows, lengths, seeds[:1])[0]
    for number in range(1, count):
        drawn = np.searchsorted(np.cumsum(far, dtype=np.float64), chance.random(tries) * far.sum(dtype=np.float64))
        drawn = np.minimum(drawn, len(rows) - 1)
        nearer = np.minimum(_squared(rows, lengths, drawn), far)
        best = int(nearer.sum(axis=1, dtype=np.float64).argmin())
        seeds[number], far = drawn[best], nearer[best]
    return seeds


def _squared(rows: Rows, lengths: Rows, places: NDArray[np.int64]) -> Rows:
    """(len(places), n) squared distances of the rows at `places` to all; `lengths` (n,) are squared."""
    found = (-2 * rows[places]) @ rows.T
    found += lengths[places, None]
    found += lengths
    found[found < _ROUNDING] = 0
    return found
