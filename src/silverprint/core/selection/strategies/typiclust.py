"""typiclust: the most typical picture of each part of the pool that has no label yet. A cold start.

TypiClust (Hacohen, Dekel & Weinshall 2022, arXiv:2202.02794, algorithm 1 and equation 4): as many clusters as there
will be labels, at most 500; from the largest cluster with the fewest labels, the row of the highest typicality

    (mean distance to its 20 nearest neighbours in the cluster)⁻¹.

Rows are centred and of length one. Neighbours are at most half of the cluster. The authors' code leaves out clusters of
five rows or fewer; here they come after the larger ones with as many labels, and no row is left out.
"""

from heapq import heapify, heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.kmeans import assign, kmeans
from silverprint.core.selection.strategy import Picks, Pool, Strategy

_NEAR: Final = 1e-5  # added to the mean distance: copies are typical, not infinitely so


def pick(pool: Pool, clusters: int = 500, neighbours: int = 20, sample: int = 25_000, crowd: int = 1_000) -> Picks:
    """The value is the typicality; as each cluster has its own, they need not fall. It needs no model.

    Args:
        clusters: at most.
        neighbours: at most.
        sample: rows that the clusters are found on, at most; all rows are then assigned to them.
        crowd: rows of a cluster among which typicality is measured, at most; the others come after these, without one.
    """
    count = min(len(pool.covered) + pool.budget, clusters, sample, len(pool.order))
    if not pool.budget:
        return np.empty(0, dtype=np.int64), np.empty(0)
    known = pool.order[:sample]
    centres = kmeans(pool.directions(known), count, pool.seed)
    return _fewest_first(pool, _members(pool, centres), neighbours, crowd)


def typicality(rows: NDArray[np.float32], neighbours: int) -> NDArray[np.float64]:
    """(n,) 1 / mean distance to the nearest other rows: `neighbours` of them or half of n; 0 for a lone row."""
    if len(rows) < 2:
        return np.zeros(len(rows))
    count = min(neighbours, max(1, len(rows) // 2))
    lengths = np.einsum("nd,nd->n", rows, rows)
    distances = rows @ rows.T
    distances *= -2
    distances += lengths[:, None] + lengths
    np.fill_diagonal(distances, np.inf)
    nearest = np.partition(distances, count - 1, axis=1)[:, :count]
    distance = np.sqrt(np.maximum(nearest, 0)).mean(axis=1, dtype=np.float64)
    return np.asarray(1 / (distance + _NEAR))


def _members(pool: Pool, centres: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """The rows of each cluster that has any, in the seeded order."""
    nearest = np.empty(len(pool.order), dtype=np.int64)
    for part in chunks(len(pool.order)):
        nearest[part] = assign(pool.directions(pool.order[part]), centres)
    by_cluster = np.argsort(nearest, kind="stable")
    edges = np.flatnonzero(np.diff(nearest[by_cluster])) + 1
    return np.split(pool.order[by_cluster], edges)


def _fewest_first(pool: Pool, members: list[NDArray[np.int64]], neighbours: int, crowd: int) -> Picks:
    """In turn from the cluster with the fewest labels and picks; then the larger."""
    heap = [(int(pool.is_labeled[rows].sum()), -len(rows), number) for number, rows in enumerate(members)]
    heapify(heap)
    left: dict[int, list[tuple[int, float]]] = {}
    picks: list[tuple[int, float]] = []
    while len(picks) < pool.budget:
        taken, size, number = heappop(heap)
        if number not in left:
            left[number] = _ranked(pool, members[number], neighbours, crowd)[::-1]
        if left[number]:
            picks.append(left[number].pop())
            heappush(heap, (taken + 1, size, number))
    rows, values = zip(*picks, strict=True)
    return np.array(rows, dtype=np.int64), np.array(values, dtype=np.float64)


def _ranked(pool: Pool, rows: NDArray[np.int64], neighbours: int, crowd: int) -> list[tuple[int, float]]:
    """The unlabelled rows of a cluster and their typicality, the most typical first; then those not measured."""
    values = np.full(len(rows), np.nan)
    values[:crowd] = typicality(pool.directions(rows[:crowd]), neighbours)
    order = np.argsort(-values, kind="stable")
    free = order[~pool.is_labeled[rows[order]]]
    return list(zip(rows[free].tolist(), values[free].tolist(), strict=True))


STRATEGY: Final = Strategy(pick, "typical of a part of the pool with few labels")
