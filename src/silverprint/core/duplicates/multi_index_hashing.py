"""Near-duplicates among perceptual hashes, found without comparing every picture with every other.

The pigeonhole principle: cut the hash into m bands; two hashes that differ in at most r bits agree in at least m - r
bands. So for every choice of m - r bands, only hashes that agree in those are compared (M. Norouzi et al., Fast Exact
Search in Hamming Space with Multi-Index Hashing, 2014, section 3, with subsets in place of single bands).
"""

from collections.abc import Iterator
from itertools import combinations
from math import comb, log2

import numpy as np
from numpy.typing import NDArray

from silverprint.core.duplicates.hamming_join import (
    Places,
    bucket,
    comparisons,
    crossing_pairs,
    near_pairs,
    roots,
    unite,
)
from silverprint.errors import DataError

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]

PAIR_LIMIT = 20_000_000
COMPARISON_LIMIT = 200_000_000_000  # some minutes; hashes that tell pictures apart need a thousandth of it

_SPARE_BANDS = 8  # more bands than radius + this never paid
_ROW_COST = 8.0  # cost of bucketing one row, in comparisons of two rows


class TooManyPairs(DataError):  # noqa: N818  its name in the design
    """The pairs asked for would not fit, or finding them would not end: the radius is too wide for these pictures.

    So it is, too, where most hashes share most of their bits (heavy buckets): blank or generated pictures.
    """

    def __init__(self, limit: int, what: str = "near-duplicate pairs") -> None:
        rule = "the radius is too wide for these pictures"
        super().__init__(f"more than {limit} {what}", rule, "lower clean.duplicate_radius and clean.group_radius")


def near_duplicate_pairs(hashes: Words, radius: int, limit: int = PAIR_LIMIT) -> Indices:
    """All pairs of hashes that differ in at most `radius` bits.

    Args:
        hashes: (N,) or (N, W) words.
        radius: bits, at least 0.
        limit: pairs, of distinct hashes as of rows.

    Returns:
        (P, 2) indices, i < j, sorted.

    Raises:
        TooManyPairs: more than `limit`, or more than COMPARISON_LIMIT looks to find them.
    """
    distinct, members, starts = _collapse(hashes)
    found: list[Indices] = [np.empty((0, 2), dtype=np.int64)]
    total = 0
    for edges, chosen, (order, words, heads) in _buckets(distinct, radius):
        pairs = near_pairs(order, words, heads, edges, chosen, radius, limit - total)
        total += len(pairs)
        if total > limit:
            raise TooManyPairs(limit)
        found.append(pairs)
    return _expand(np.concatenate(found), members, starts, limit)


def near_duplicate_groups(hashes: Words, radius: int) -> Indices:
    """Connected components of the pairs that differ in at most `radius` bits; the pairs are never listed.

    Args:
        hashes: (N,) or (N, W) words.

    Returns:
        (N,) the smallest index in the row's component.

    Raises:
        TooManyPairs: more than COMPARISON_LIMIT looks to find them.
    """
    distinct, members, starts = _collapse(hashes)
    parents = np.arange(len(distinct))
    for _, _, (order, words, heads) in _buckets(distinct, radius):
        unite(parents, order, words, heads, radius)
    of_row = np.empty(len(members), dtype=np.int64)
    of_row[members] = np.repeat(roots(parents), np.diff(starts))
    smallest = np.full(len(distinct), len(members), dtype=np.int64)
    np.minimum.at(smallest, of_row, np.arange(len(members)))
    return np.asarray(smallest[of_row])


def near_others(hashes: Words, others: Words, radius: int, parts: Indices, limit: int) -> Indices:
    """Pairs of one of `hashes` and one of `others` that differ in at most `radius` bits, where they are of two parts.

    Args:
        hashes, others: (N, W) words; row i of either is of the picture i.
        radius: bits.
        parts: (N,) a number for each part that pictures are divided into.
        limit: pairs.

    Returns:
        (P, 2) rows of `hashes` and of `others`, sorted; at most `limit`, and which ones is the same on every machine.

    Raises:
        TooManyPairs: more than COMPARISON_LIMIT looks to find them.
    """
    both = np.ascontiguousarray(np.concatenate([hashes, others]), dtype=np.uint64)
    found: list[Indices] = [np.empty((0, 2), dtype=np.int64)]
    left = limit
    for edges, chosen, (order, words, heads) in _buckets(both, radius):
        pairs = crossing_pairs(order, words, heads, edges, chosen, radius, np.tile(parts, 2), left)
        found.append(pairs[:left])
        left -= len(found[-1])
        if left == 0:
            break
    rows = np.concatenate(found) - np.array([0, len(hashes)])
    return np.asarray(rows[np.lexsort((rows[:, 1], rows[:, 0]))])


def _buckets(distinct: Words, radius: int) -> Iterator[tuple[Indices, Indices, tuple[Places, Words, Places]]]:
    """Band edges, the bands chosen, the hashes bucketed by them: for each choice in which near ones may meet."""
    edges, choices, bits = _plan(distinct.shape, radius)
    looks = 0
    for chosen in choices:
        order, words, heads = bucket(distinct, edges, chosen, bits)
        looks += comparisons(heads)
        if looks > COMPARISON_LIMIT:
            raise TooManyPairs(COMPARISON_LIMIT, "comparisons of hashes that share most of their bits")
        yield edges, chosen, (order, words, heads)


def _collapse(hashes: Words) -> tuple[Words, Indices, Indices]:
    """Distinct hashes (U, W); rows grouped by hash (N,), rising within a group; where each group starts (U + 1,)."""
    rows = np.ascontiguousarray(hashes[:, None] if hashes.ndim == 1 else hashes, dtype=np.uint64)
    members = np.lexsort(rows.T[::-1]).astype(np.int64)  # stable: rising within equal hashes
    ordered = rows[members]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.append(np.flatnonzero(first), len(rows)).astype(np.int64)
    return np.ascontiguousarray(ordered[first]), members, starts


def _plan(shape: tuple[int, ...], radius: int) -> tuple[Indices, Iterator[Indices], int]:
    """Band edges, the choices of bands to bucket by, and the most bits of a bucket's number: what costs least.

    Where no number of bands helps (few rows, wide radius), the one choice is of no band: all rows in one bucket.
    """
    rows, width = shape
    bits = 64 * width
    best_cost, best_bands, best_agree = rows * rows / 2, max(1, width), 0
    for bands in range(max(radius + 1, width), min(bits, radius + _SPARE_BANDS) + 1):
        agree = bands - radius
        share = 2.0 ** min(_bucket_bits(rows), bits * agree // bands)
        cost = comb(bands, agree) * (_ROW_COST * rows + share + rows * rows / 2 / share)
        if cost < best_cost:
            best_cost, best_bands, best_agree = cost, bands, agree
    edges = np.arange(best_bands + 1, dtype=np.int64) * bits // best_bands
    choices = (np.array(chosen, dtype=np.int64) for chosen in combinations(range(best_bands), best_agree))
    return edges, choices, _bucket_bits(rows) if best_agree else 0


def _bucket_bits(rows: int) -> int:
    return min(24, max(4, round(log2(max(rows, 1))) + 1))


def _expand(pairs: Indices, members: Indices, starts: Indices, limit: int) -> Indices:
    """Pairs of distinct hashes, and each with itself, as pairs of the rows that carry them; sorted."""
    sizes = np.diff(starts)
    total = int((sizes[pairs[:, 0]] * sizes[pairs[:, 1]]).sum() + (sizes * (sizes - 1) // 2).sum())
    if total > limit:
        raise TooManyPairs(limit)
    left, right = _product(pairs, sizes, starts)
    repeated = np.flatnonzero(sizes > 1)
    own_left, own_right = _product(np.stack([repeated, repeated], axis=1), sizes, starts)
    once = own_left < own_right
    rows = np.stack([members[np.append(left, own_left[once])], members[np.append(right, own_right[once])]], axis=1)
    rows.sort(axis=1)
    return np.asarray(rows[np.lexsort((rows[:, 1], rows[:, 0]))])


def _product(pairs: Indices, sizes: Indices, starts: Indices) -> tuple[Indices, Indices]:
    """For each pair of groups, every place of the one with every place of the other."""
    per_pair = sizes[pairs[:, 0]] * sizes[pairs[:, 1]]
    within = np.arange(per_pair.sum()) - np.repeat(np.cumsum(per_pair) - per_pair, per_pair)
    second = np.repeat(sizes[pairs[:, 1]], per_pair)
    left = np.repeat(starts[pairs[:, 0]], per_pair) + within // second
    right = np.repeat(starts[pairs[:, 1]], per_pair) + within % second
    return left, right
