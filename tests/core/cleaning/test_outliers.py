"""Outliers by the pool's own distances."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.cleaning.outliers import FEWEST, distances, outlier_scores

BLOCKS = [slice(0, 12), slice(12, 20)]


def pool(seed: int, rows: int, topics: int = 4) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = 4 * chance.random((topics, 20))
    return (centres[chance.integers(0, topics, rows)] + 0.4 * chance.random((rows, 20))).astype(np.float32)


def whole(points: np.ndarray) -> np.ndarray:
    return distances([(np.arange(len(points)), points)], len(points), BLOCKS, points)


@settings(max_examples=25)
@given(seed=st.integers(0, 999), rows=st.integers(FEWEST, 120), scale=st.floats(0.01, 100))
def test_neither_order_nor_scale_matters(seed: int, rows: int, scale: float) -> None:
    points = pool(seed, rows)
    far = whole(points)
    found = outlier_scores(far)
    order = np.random.default_rng(seed).permutation(rows)
    shuffled = (points * np.float32(scale))[order]
    late, early = np.arange(7, rows), np.arange(7)
    again = outlier_scores(distances([(late, shuffled[late]), (early, shuffled[early])], rows, BLOCKS, shuffled))
    usual = np.median(np.abs(far - np.median(far, axis=0)), axis=0).min()
    rounding = 20 * np.finfo(np.float32).eps / usual  # of a cosine over 20 numbers, beside what a deviation is told in
    assert (np.abs(again - found[order]) <= rounding * (1 + found[order])).all()
    assert (found >= 0).all()


@settings(max_examples=25)
@given(seed=st.integers(0, 999), others=st.integers(1, 4))
def test_a_small_crowd_of_strangers_does_not_vouch_for_one_another(seed: int, others: int) -> None:
    points = pool(seed, 300)
    points[:others] = 0.1
    points[:others, 3] = points[:others, 15] = 9 + np.random.default_rng(seed).random(others)
    found = outlier_scores(whole(points))
    assert found[:others].min() > 6
    assert np.median(found) < 2


def test_a_strange_block_is_enough() -> None:
    points = pool(1, 300)
    points[0, 12:] = np.eye(8)[2]
    found = outlier_scores(whole(points))
    assert found.argmax() == 0
    assert found[0] > 6


def test_what_tells_nothing_is_not_strange() -> None:
    assert outlier_scores(np.random.default_rng(0).random((FEWEST - 1, 2))).tolist() == [0] * (FEWEST - 1)
    assert outlier_scores(np.r_[np.zeros(60), np.ones(9)][:, None]).tolist() == [0] * 69
    assert distances([], 0, BLOCKS, pool(0, 9)).shape == (0, 2)
    nothing = [(np.arange(1), np.zeros((1, 20), np.float32))]
    assert distances(nothing, 1, BLOCKS, pool(0, 9)).tolist() == [[1, 1]]
