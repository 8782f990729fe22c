"""What half precision does to every uncertainty, for models from undecided to certain."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from silverprint.core import uncertainty
from silverprint.core.half_precision import from_half, to_half

Measure = Callable[[np.ndarray], np.ndarray]


def predicted(seed: int, members: int, classes: int, heat: float) -> np.ndarray:
    chance = np.random.default_rng(seed)
    logits = heat * (chance.standard_normal((200, classes)) + 0.3 * chance.standard_normal((members, 200, classes)))
    return softmax(logits, axis=2).astype(np.float32)


models = {
    "seed": st.integers(0, 999),
    "members": st.integers(1, 6),
    "classes": st.integers(2, 40),
    "heat": st.floats(0, 30),
}


@pytest.mark.parametrize("measure", [uncertainty.margin, uncertainty.least_confidence])
@settings(max_examples=40)
@given(**models)
def test_an_uncertainty_is_known_to_a_thousandth_of_itself(
    measure: Measure, seed: int, members: int, classes: int, heat: float
) -> None:
    """But for what half precision cannot tell from nothing, 2^-25, in each class and single precision's 2^-24."""
    probabilities = predicted(seed, members, classes, heat)
    true, found = measure(probabilities), measure(from_half(to_half(probabilities)))
    assert (np.abs(found - true) <= true * 2.0**-10 + (classes + 1) * 2.0**-23).all()


@pytest.mark.parametrize("measure", [uncertainty.entropy, uncertainty.mutual_information])
@settings(max_examples=40)
@given(**models)
def test_an_entropy_is_known_to_a_thousandth(
    measure: Measure, seed: int, members: int, classes: int, heat: float
) -> None:
    probabilities = predicted(seed, members, classes, heat)
    assert measure(from_half(to_half(probabilities))) == pytest.approx(measure(probabilities), abs=1e-3)


@settings(max_examples=40)
@given(**models)
def test_what_is_read_is_distributions(seed: int, members: int, classes: int, heat: float) -> None:
    found = from_half(to_half(predicted(seed, members, classes, heat)))
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.sum(axis=2, dtype=np.float64) == pytest.approx(1, abs=1e-6)


def test_small_doubts_are_kept_where_half_precision_has_none() -> None:
    doubts = np.array([1e-4, 2e-4, 3e-5, 1e-6])
    rows = np.stack([1 - doubts, doubts], axis=1).astype(np.float32)
    assert to_half(rows)[:, 0].astype(float).tolist() == [1.0, 1.0, 1.0, 1.0]
    assert 1 - from_half(to_half(rows))[:, 0].astype(float) == pytest.approx(doubts, rel=0.03)


def test_what_is_no_distribution_stays_for_whoever_checks_it() -> None:
    rows = np.array([[0.5, np.nan], [0.2, 0.2], [3, -2.5], [np.inf, 0], [0, 0]], dtype=np.float16)
    np.testing.assert_array_equal(from_half(rows), rows.astype(np.float32))
    assert from_half(np.empty((3, 0, 4), dtype=np.float16)).shape == (3, 0, 4)


def test_an_earlier_versions_single_precision_is_read_as_it_is() -> None:
    rows = predicted(0, 2, 5, 3.0)
    assert from_half(rows) is rows
