"""maxherding: the batch that best covers the pool, with no model at all. The cold start.

MaxHerding (Bae, Noh & Sutherland 2024, "Generalized Coverage for More Robust Low-Budget Active Learning"):
with k(x, l) = exp(-(|x - l| / sigma)^2), the coverage of x is its largest k to a labelled row, and the next pick is the
row that raises the mean coverage most. Rows are centred and of unit length, sigma is 1.
"""

from heapq import heapify, heappop, heapreplace

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.pool import Picks, Pool

CHUNK = 1024


def pick(pool: Pool, references: int = 4_000, candidates: int = 20_000) -> Picks:
    """Greedy coverage of a random sample of rows; the value is the gain in mean coverage, 0..1.

    Args:
        references: rows that coverage is measured on, at most.
        candidates: unlabelled rows that are considered, at most (never fewer than the budget).
            One float32 array of candidates x references is held.
    """
    reference_rows = pool.order[:references]
    candidate_rows = pool.candidates[: max(candidates, pool.budget)]
    centre = pool.embeddings[reference_rows].mean(axis=0, dtype=np.float64).astype(np.float32)
    sample = _unit(pool.embeddings[reference_rows], centre)
    similar = np.empty((len(candidate_rows), len(sample)), dtype=np.float32)
    for start in range(0, len(candidate_rows), CHUNK):
        rows = candidate_rows[start : start + CHUNK]
        similar[start : start + CHUNK] = _kernel(_unit(pool.embeddings[rows], centre), sample)
    coverage = np.zeros(len(sample), dtype=np.float32)
    for start in range(0, len(pool.covered), CHUNK):
        rows = pool.covered[start : start + CHUNK]
        coverage = np.maximum(coverage, _kernel(_unit(pool.embeddings[rows], centre), sample).max(axis=0))
    chosen, gains = lazy_greedy(similar, coverage, pool.budget)
    return candidate_rows[chosen], gains


def lazy_greedy(similar: NDArray[np.float32], coverage: NDArray[np.float32], budget: int) -> Picks:
    """The greedy choice, evaluating only what can still win: a gain never grows while coverage does (Minoux 1978).

    Args:
        similar: (candidates, references), 0..1.
        coverage: (references,) before the first pick.
        budget: picks, at most the number of candidates.

    Returns:
        Rows of `similar` and their gains in mean coverage, which never increase. Ties go to the lower row.
    """
    coverage = coverage.copy()
    heap = [(-_gain(row, coverage), place) for place, row in enumerate(similar)]
    heapify(heap)
    chosen: list[int] = []
    gains: list[float] = []
    while len(chosen) < budget:
        bound, place = heap[0]
        fresh = -_gain(similar[place], coverage)
        if fresh > bound:
            heapreplace(heap, (fresh, place))
            continue
        heappop(heap)
        chosen.append(place)
        gains.append(-fresh)
        coverage = np.maximum(coverage, similar[place])
    return np.array(chosen, dtype=np.int64), np.array(gains, dtype=np.float64)


def _gain(similar: NDArray[np.float32], coverage: NDArray[np.float32]) -> float:
    return float(np.maximum(similar - coverage, 0).mean(dtype=np.float64))


def _unit(rows: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred rows of length one; a row that is the centre itself stays zero."""
    centred = rows - centre
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    np.divide(centred, lengths, out=centred, where=lengths > 0)
    return centred


def _kernel(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """exp(-|a - b|^2), (len(a), len(b))."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * (a @ b.T)
    kernel: NDArray[np.float32] = np.exp(-np.maximum(squares, 0))
    return kernel
