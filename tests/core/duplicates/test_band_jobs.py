"""A Hamming join in jobs of any size is the join in one, on skewed hashes too: pairs, groups and first pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.duplicates import (
    TooManyPairs,
    band_jobs,
    multi_index_hashing,
    near_duplicate_groups,
    near_duplicate_pairs,
    near_others,
)
from silverprint.core.duplicates.band_jobs import Plan
from tests.helpers.jobs import Elsewhere

SEEDS = {"seed": st.integers(0, 2**32 - 1), "most": st.sampled_from([10, 150]), "skewed": st.booleans()}
SHAPES = st.sampled_from([(1, 2), (1, 6), (4, 8), (4, 24), (4, 32)])  # words of a hash, radius


def hashes(rng: np.random.Generator, rows: int, width: int, radius: int, skewed: bool) -> np.ndarray:
    """Around a few or many seeds; skewed ones share most of the bits of their first bands."""
    centres = rng.integers(0, 2**64, (rng.choice([2, rows]), width), dtype=np.uint64)
    if skewed:
        centres[:, 0] &= np.uint64(0xFF00000000000007)
    found = centres[rng.integers(0, len(centres), rows)]
    for _ in range(int(rng.integers(0, radius + 3))):
        bit = np.uint64(1) << rng.integers(0, 64, rows, dtype=np.uint64)
        found[np.arange(rows), rng.integers(0, width, rows)] ^= np.where(rng.random(rows) < 0.6, bit, np.uint64(0))
    return found


def in_jobs(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(band_jobs, "WHOLE", 0)
    monkeypatch.setattr(band_jobs, "_ROWS", most)


@pytest.mark.slow
@settings(deadline=None, max_examples=5)
@given(**SEEDS, shape=SHAPES)
def test_any_partition_finds_the_same(seed: int, most: int, skewed: bool, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    words = hashes(rng, 200, *shape, skewed)
    others = hashes(rng, 200, *shape, skewed)
    others[:100] = words[rng.permutation(200)[:100]] ^ np.uint64(1)
    parts, radius = rng.integers(0, 100, 200), shape[1]
    limits = (1, 7, 100, 100_000)
    whole = near_duplicate_pairs(words, radius), near_duplicate_groups(words, radius)
    first = [near_others(words, others, radius, parts, limit) for limit in limits]
    with pytest.MonkeyPatch.context() as patch:
        in_jobs(patch, most)
        run = Elsewhere()
        np.testing.assert_array_equal(near_duplicate_pairs(words, radius, run=run), whole[0])
        np.testing.assert_array_equal(near_duplicate_groups(words, radius, run), whole[1])
        for limit, expected in zip(limits, first, strict=True):
            np.testing.assert_array_equal(near_others(words, others, radius, parts, limit, run), expected)


def test_a_hash_travels_once_for_each_band_and_jobs_are_small() -> None:
    words = np.random.default_rng(3).integers(0, 2**64, (2_000, 4), dtype=np.uint64)
    plan = Plan.of(words, 24)
    assert plan.choices.shape[1] >= 1
    with pytest.MonkeyPatch.context() as patch:
        in_jobs(patch, 500)
        jobs = list(band_jobs.jobs(words, plan))
    assert max(len(job.rows) for job in jobs) <= 500
    assert sum(len(job.rows) for job in jobs) <= len(words) * len(np.unique(plan.choices[:, 0]))
    done = np.zeros((len(words), len(plan.choices)), dtype=np.int64)
    for job in jobs:
        done[job.rows, job.start : job.start + len(job.plan.choices)] += 1
    assert done.max() == 1
    assert (done == 0).sum() <= 4 * len(plan.choices)  # hashes that share a band's value with no other one


def test_heavy_bands_are_an_error_in_jobs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    in_jobs(monkeypatch, 100)
    monkeypatch.setattr(multi_index_hashing, "COMPARISON_LIMIT", 100_000)
    skewed = np.random.default_rng(1).integers(0, 2**32, 3_000, dtype=np.uint64)
    for join in (near_duplicate_pairs, near_duplicate_groups):
        with pytest.raises(TooManyPairs, match="comparisons of hashes that share most"):
            join(skewed, 6)
    with pytest.raises(TooManyPairs, match="comparisons of hashes that share most"):
        near_others(skewed[:, None], skewed[::-1, None], 6, np.arange(3_000), 10**6)


def test_few_hashes_are_joined_here() -> None:
    run = Elsewhere()
    words = np.arange(500, dtype=np.uint64)
    near_duplicate_pairs(words, 1, run=run)
    near_duplicate_groups(words, 1, run)
    assert run.sizes == []
