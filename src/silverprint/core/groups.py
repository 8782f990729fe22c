"""Which picture of several alike stands for them, and what their group is called."""

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from silverprint.core.duplicates import near_duplicate_pairs

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]


def stand_ins(hashes: Words, radius: int) -> Indices:
    """Which row stands for each row: itself, or an earlier one that is kept and within `radius` bits.

    Whatever gives way is near to what stands for it; it is not enough to be linked by a chain of others.

    Args:
        hashes: (N, W) words, the row most worth keeping first.

    Returns:
        (N,) indices; where it equals the row's own, the row is kept.

    Raises:
        TooManyPairs: too many distinct hashes within the radius.
    """
    _, first, distinct_of = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    pairs = near_duplicate_pairs(hashes[first], radius)
    return np.asarray(first[_keepers(pairs, first)][distinct_of.ravel()])


def group_names(image_ids: pl.Series, components: Indices) -> pl.Series:
    """A group's number, from its smallest image_id: it stays while that picture stays, whatever else comes or goes.

    Args:
        image_ids: (N,) 64 hex digits, sorted.
        components: (N,) the smallest index in each row's component.

    Returns:
        (N,) int64, at least 0.
    """
    smallest = image_ids.gather(components)
    return smallest.str.head(15).str.to_integer(base=16, dtype=pl.Int64).alias("group")


@njit(cache=True)
def _keepers(pairs: Indices, rank: Indices) -> Indices:
    """(N,) which row stands for each: itself, or the best row that is kept and paired with it.

    Rows are taken from the best (lowest) rank on; one that is paired with a row already kept gives way to it. So what
    gives way is always near to what stands for it, however long the chain of pairs.
    """
    n = len(rank)
    counts = np.zeros(n + 1, dtype=np.int64)
    for pair in range(len(pairs)):
        counts[pairs[pair, 0] + 1] += 1
        counts[pairs[pair, 1] + 1] += 1
    heads = np.cumsum(counts)
    neighbours = np.empty(2 * len(pairs), dtype=np.int64)
    at = heads[:-1].copy()
    for pair in range(len(pairs)):
        for side in range(2):
            row = pairs[pair, side]
            neighbours[at[row]] = pairs[pair, 1 - side]
            at[row] += 1
    keeper = np.full(n, -1, dtype=np.int64)
    for row in np.argsort(rank):
        best = row
        for place in range(heads[row], heads[row + 1]):
            other = neighbours[place]
            if keeper[other] == other and (best == row or rank[other] < rank[best]):
                best = other
        keeper[row] = best
    return keeper
