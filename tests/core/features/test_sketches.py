"""Sketches keep cosines, and are the same to the last bit however they are computed and multiplied."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.features.sketches import LENGTH, sketch
from silverprint.core.features.unit_rows import to_unit_length

SHAPES = st.tuples(st.integers(1, 40), st.integers(2, 300))


def features(seed: int, rows: int, columns: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return (chance.standard_normal((rows, columns)) * chance.choice([1e-3, 1, 1e3])).astype(np.float32)


def blocks_of(columns: int) -> list[slice]:
    return [slice(0, columns // 2), slice(columns // 2, columns)]


def test_cosines_are_kept() -> None:
    chance = np.random.default_rng(2)
    rows = chance.standard_normal((200, 900)).astype(np.float32) + 5
    rows[100:] = rows[:100] + 0.5 * chance.standard_normal((100, 900)).astype(np.float32)
    blocks, centre = [slice(0, 600), slice(600, 900)], rows.mean(axis=0)
    found = sketch([(np.arange(200), rows)], 200, blocks, centre, seed=0).astype(np.float64)
    centred = np.concatenate([to_unit_length(rows[:, block] - centre[block]) for block in blocks], axis=1) / np.sqrt(2)
    true = (centred[:100] * centred[100:]).sum(axis=1)
    assert (found[:100] * found[100:]).sum(axis=1) / LENGTH**2 == pytest.approx(true, abs=0.06)
    assert (found * found).sum(axis=1) / LENGTH**2 == pytest.approx(1, abs=0.001)


@given(seed=st.integers(0, 999), shape=SHAPES, cut=st.integers(0, 40))
def test_a_row_comes_to_the_same_in_any_batch(seed: int, shape: tuple[int, int], cut: int) -> None:
    rows = features(seed, *shape)
    count, blocks, centre = len(rows), blocks_of(rows.shape[1]), rows[0] / 2
    whole = sketch([(np.arange(count), rows)], count, blocks, centre, seed)
    early, late = np.arange(count)[:cut], np.arange(count)[cut:]
    parts = sketch([(late, rows[late]), (early, rows[early])], count, blocks, centre, seed)
    alone = [sketch([(np.zeros(1, dtype=int), rows[[row]])], 1, blocks, centre, seed)[0] for row in range(count)]
    np.testing.assert_array_equal(whole, parts)
    np.testing.assert_array_equal(whole, alone)


@given(seed=st.integers(0, 999), shape=SHAPES)
def test_products_are_exact_in_single_precision(seed: int, shape: tuple[int, int]) -> None:
    rows = features(seed, *shape)
    found = sketch([(np.arange(len(rows)), rows)], len(rows), blocks_of(rows.shape[1]), rows.mean(axis=0), seed)
    exact = found.astype(np.int64) @ found.astype(np.int64).T
    assert np.abs(exact).max() < 2**24
    single = found.astype(np.float32)
    np.testing.assert_array_equal(single @ single.T, exact)
    np.testing.assert_array_equal(single[:, ::-1] @ single[:, ::-1].T, exact)


def test_no_direction_at_all_is_a_row_of_zeros() -> None:
    rows = np.ones((2, 8), dtype=np.float32)
    assert not sketch([(np.arange(2), rows)], 2, blocks_of(8), rows[0], seed=0).any()
