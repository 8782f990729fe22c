"""The effective number of pictures, and how well the labelled ones cover the pool."""

import numpy as np
import pytest
from beartype import beartype
from hypothesis import assume, given
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from silverprint.core.reporting import diversity
from silverprint.core.reporting.diversity import NEIGHBOURS, Sample

cosines, effective_number, second_moments = (
    jaxtyped(typechecker=beartype)(function)
    for function in (diversity.cosines, diversity.effective_number, diversity.second_moments)
)
coverage = jaxtyped(typechecker=beartype)(diversity.coverage)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 30)


def effective(rows: np.ndarray) -> float:
    """By columns, in batches of seven rows."""
    batches = [rows[start : start + 7] for start in range(0, len(rows), 7)]
    return effective_number(second_moments(batches, rows.shape[1]))


def drawn(seed: int, n: int, d: int) -> np.ndarray:
    """Rows of all lengths, some of them alike."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(1 + n // 4, d))
    rows = centres[chance.integers(0, len(centres), n)] + 0.1 * chance.normal(size=(n, d))
    return (rows * chance.uniform(0.1, 10, (n, 1))).astype(np.float32)


@given(seeds, sizes, sizes)
def test_columns_and_rows_come_to_the_definition(seed: int, n: int, d: int) -> None:
    rows = drawn(seed, n, d)
    scaled = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    values = np.linalg.eigvalsh(scaled @ scaled.T / n).clip(1e-300)
    definition = np.exp(-(values * np.log(values)).sum())
    assert effective(rows) == pytest.approx(definition, rel=1e-6)
    assert effective_number(cosines(rows)) == pytest.approx(definition, rel=1e-6)


@given(seeds, sizes, sizes)
def test_it_is_between_one_and_as_many_as_there_are(seed: int, n: int, d: int) -> None:
    assert 1 - 1e-6 <= effective(drawn(seed, n, d)) <= min(n, d) + 1e-6


@given(seeds, st.integers(1, 60), sizes)
def test_copies_are_one_picture(seed: int, n: int, d: int) -> None:
    assert effective(np.repeat(drawn(seed, 1, d), n, axis=0)) == pytest.approx(1, abs=1e-6)


@given(seeds, sizes)
def test_pictures_without_any_likeness_are_as_many_as_they_are(seed: int, n: int) -> None:
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    assert effective(axes) == pytest.approx(n, rel=1e-6)


@given(seeds, sizes, sizes, st.integers(2, 4))
def test_neither_order_nor_scale_nor_a_copy_of_everything_counts(seed: int, n: int, d: int, times: int) -> None:
    rows = drawn(seed, n, d)
    again = np.random.default_rng(seed).permutation(np.repeat(3 * rows, times, axis=0))
    assert effective(again) == pytest.approx(effective(rows), rel=1e-6)


def test_rows_without_direction_add_nothing() -> None:
    rows = drawn(0, 9, 4)
    assert effective(np.concatenate([rows, np.zeros((5, 4), np.float32)])) == pytest.approx(effective(rows))
    assert effective(np.zeros((5, 4), np.float32)) == effective_number(second_moments([], 4)) == 0


def samples(seed: int, n: int, apart: float = 0.0) -> tuple[Sample, Sample]:
    """A pool of n and as many labelled pictures of the same kind; turned away from it by `apart`."""
    chance = np.random.default_rng(seed)
    both = chance.normal(size=(2 * n, 6))
    both[n:, 0] += apart
    return Sample(np.arange(n), both[:n]), Sample(n + np.arange(n), both[n:])


def test_labels_drawn_like_the_pool_cover_what_is_expected() -> None:
    found = [coverage(pool, pool, labelled) for pool, labelled in (samples(seed, 200) for seed in range(20))]
    assert np.mean(found) == pytest.approx(1 - 0.5**NEIGHBOURS, abs=0.01)


def test_labels_of_one_corner_cover_little() -> None:
    pool, labelled = samples(0, 200, apart=40)
    assert coverage(pool, pool, labelled) < 0.3


@given(seeds, st.integers(NEIGHBOURS + 1, 40))
def test_where_every_picture_is_labelled_all_are_covered_and_by_others(seed: int, n: int) -> None:
    pool, _ = samples(seed, n)
    assert coverage(pool, pool, pool) == 1
    own = Sample(pool.numbers[:1], pool.rows[:1])
    assert coverage(own, pool, own) == 0


@given(seeds, st.integers(NEIGHBOURS + 1, 40), st.integers(1, 20))
def test_another_label_never_takes_coverage_away(seed: int, n: int, more: int) -> None:
    pool, labelled = samples(seed, n)
    assume(more < n)
    fewer = Sample(labelled.numbers[more:], labelled.rows[more:])
    assert 0 <= coverage(pool, pool, fewer) <= coverage(pool, pool, labelled) <= 1


@given(seeds, st.integers(NEIGHBOURS + 1, 20))
def test_copies_are_equally_near(seed: int, n: int) -> None:
    one = np.repeat(drawn(seed, 1, 8), 2 * n, axis=0)
    pool, labelled = Sample(np.arange(n), one[:n]), Sample(n + np.arange(n), one[n:])
    assert coverage(pool, pool, labelled) == 1
