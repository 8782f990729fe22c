"""The join against brute force, on random, clustered, skewed and adversarial hashes."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from silverprint.core.duplicates import TooManyPairs, multi_index_hashing, near_duplicate_groups, near_duplicate_pairs
from silverprint.core.duplicates.band_jobs import Plan
from silverprint.core.hashing import hamming


def brute_pairs(hashes: np.ndarray, radius: int) -> np.ndarray:
    rows = hashes[:, None] if hashes.ndim == 1 else hashes
    near = hamming(rows[:, None], rows[None]) <= radius
    return np.argwhere(np.triu(near, 1))


def brute_groups(hashes: np.ndarray, radius: int) -> np.ndarray:
    left, right = brute_pairs(hashes, radius).T
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(hashes), len(hashes)))
    _, labels = connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)
    return first[labels]


def clustered(rng: np.random.Generator, rows: int, width: int, seeds: int, flips: int) -> np.ndarray:
    """Hashes in clusters around a few seeds, each with up to `flips` bits flipped: many pairs near any radius."""
    centres = rng.integers(0, 2**64, (seeds, width), dtype=np.uint64)
    hashes = centres[rng.integers(0, seeds, rows)]
    for _ in range(flips):
        flip = rng.random(rows) < 0.6
        bit = np.uint64(1) << rng.integers(0, 64, rows, dtype=np.uint64)
        hashes[np.arange(rows), rng.integers(0, width, rows)] ^= np.where(flip, bit, np.uint64(0))
    return hashes


def agree(hashes: np.ndarray, radius: int) -> None:
    pairs = near_duplicate_pairs(hashes, radius)
    assert pairs.dtype == np.int64
    assert pairs.tolist() == brute_pairs(hashes, radius).tolist()
    assert near_duplicate_groups(hashes, radius).tolist() == brute_groups(hashes, radius).tolist()


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(0, 120),
    width=st.sampled_from([1, 2, 4]),
    seeds=st.integers(1, 12),
    flips=st.integers(0, 24),
    radius=st.integers(0, 64),
)
@example(seed=0, rows=0, width=1, seeds=1, flips=0, radius=6)
@example(seed=0, rows=1, width=4, seeds=1, flips=0, radius=0)
@example(seed=1, rows=60, width=1, seeds=1, flips=0, radius=0)  # all identical
@example(seed=2, rows=60, width=1, seeds=3, flips=6, radius=64)  # everything is near everything
def test_agrees_with_brute_force(seed, rows, width, seeds, flips, radius):
    agree(clustered(np.random.default_rng(seed), rows, width, seeds, flips), radius)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "radius"), [(1, 3), (1, 6), (1, 10), (4, 16), (4, 24), (4, 32)])
def test_agrees_where_the_plan_uses_bands(width, radius):
    hashes = clustered(np.random.default_rng(radius), 1_200, width, 150, radius)
    plan = Plan.of(hashes, radius)
    edges = plan.edges
    assert plan.bits > 0
    assert (edges[0], edges[-1]) == (0, 64 * width)
    assert np.diff(edges).max() <= 64
    agree(hashes, radius)


@pytest.mark.parametrize("bands", [7, 8, 9])
def test_differences_spread_evenly_over_the_bands_are_found(bands):
    """The worst case for pigeonholes: exactly `radius` bands differ, by one bit each."""
    rng = np.random.default_rng(bands)
    edges = np.arange(bands + 1) * 64 // bands
    hashes = [rng.integers(0, 2**64, dtype=np.uint64) for _ in range(200)]
    for _ in range(600):
        twin = hashes[rng.integers(200)]
        for band in rng.choice(bands, 6, replace=False):
            twin ^= np.uint64(1) << np.uint64(rng.integers(edges[band], edges[band + 1]))
        hashes.append(twin)
    agree(np.array(hashes), 6)


def test_one_bucket_for_all_is_still_exact():
    """Skew: every hash shares most of its bits, so that bands tell nothing apart."""
    hashes = np.arange(700, dtype=np.uint64) | np.uint64(0xABCDEF << 40)
    agree(hashes, 2)


def test_heavy_buckets_are_an_error_and_not_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far apart, and alike in four bytes of eight: whatever bands are chosen, some hold all rows."""
    monkeypatch.setattr(multi_index_hashing, "COMPARISON_LIMIT", 1_000_000)
    rng = np.random.default_rng(1)
    spread, skewed = (rng.integers(0, 2**bits, 3_000, dtype=np.uint64) for bits in (64, 32))
    agree(spread[:500], 6)
    for join in (near_duplicate_pairs, near_duplicate_groups):
        join(spread, 6)
        with pytest.raises(TooManyPairs, match="more than 1000000 comparisons of hashes that share most"):
            join(skewed, 6)


def test_a_chain_is_one_group_named_by_its_smallest_index():
    steps = np.array([(1 << n) - 1 for n in range(60, -1, -1)], dtype=np.uint64)
    assert near_duplicate_groups(steps, 1).tolist() == [0] * 61
    assert near_duplicate_groups(steps[::6], 1).tolist() == list(range(11))


def test_identical_hashes_are_grouped_without_their_pairs():
    hashes = np.concatenate([np.full(200_000, 7, dtype=np.uint64), np.full(3, 2**63, dtype=np.uint64)])
    groups = near_duplicate_groups(hashes, 1)
    assert np.unique(groups).tolist() == [0, 200_000]
    with pytest.raises(TooManyPairs, match="more than 20000000 near-duplicate pairs"):
        near_duplicate_pairs(hashes, 1)


def test_the_limit_counts_rows_and_distinct_hashes():
    hashes = np.arange(64, dtype=np.uint64)
    every = len(brute_pairs(hashes, 6))
    assert len(near_duplicate_pairs(hashes, 6, limit=every)) == every
    with pytest.raises(TooManyPairs):
        near_duplicate_pairs(hashes, 6, limit=every - 1)
    with pytest.raises(TooManyPairs):
        near_duplicate_pairs(np.repeat(hashes[:2], 3), 0, limit=5)
