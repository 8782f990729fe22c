import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from silverprint.core import uncertainty

# Of the members' mean; mutual_information is about their differences.
MEASURES = [uncertainty.margin, uncertainty.least_confidence, uncertainty.entropy]
every = pytest.mark.parametrize("measure", [jaxtyped(typechecker=beartype)(m) for m in MEASURES])


@every
@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(1, 5), st.integers(1, 4))
def test_between_zero_and_one_and_the_same_for_equal_members(measure, seed, n, c, members):
    weights = np.random.default_rng(seed).random((n, c)) + 1e-9
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    unsure = measure(probabilities)
    assert ((unsure >= 0) & (unsure <= 1)).all()
    np.testing.assert_allclose(measure(np.stack([probabilities] * members)), unsure, atol=1e-12)


@every
@pytest.mark.parametrize("c", [2, 3, 10])
def test_certainty_is_zero_and_the_uniform_is_one(measure, c):
    np.testing.assert_allclose(measure(np.stack([np.eye(c)[0], np.full(c, 1 / c)])), [0, 1], atol=1e-12)


@every
def test_one_class_leaves_no_doubt(measure):
    assert measure(np.ones((3, 1))).tolist() == [0, 0, 0]


def test_figures_by_hand():
    probabilities = np.array([[0.5, 0.3, 0.2]])
    np.testing.assert_allclose(uncertainty.margin(probabilities), [0.8])
    np.testing.assert_allclose(uncertainty.least_confidence(probabilities), [0.75])
    nats = -(0.5 * np.log(0.5) + 0.3 * np.log(0.3) + 0.2 * np.log(0.2))
    np.testing.assert_allclose(uncertainty.entropy(probabilities), [nats / np.log(3)])


def test_members_are_averaged_first():
    split = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert uncertainty.margin(split).tolist() == [1.0]


@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(1, 5), st.integers(1, 4))
def test_mutual_information_is_what_the_members_differ_by(seed, n, c, members):
    shares = np.random.default_rng(seed).dirichlet(np.ones(c), size=(members, n))
    shared = uncertainty.mutual_information(shares)
    assert ((shared >= 0) & (shared <= 1)).all()
    within = np.mean([uncertainty.entropy(member) for member in shares], axis=0)
    np.testing.assert_allclose(shared, uncertainty.entropy(shares) - within, atol=1e-12)
    np.testing.assert_allclose(uncertainty.mutual_information(shares[0]), np.zeros(n), atol=1e-12)


def test_mutual_information_of_members_each_sure_of_another_class_is_one():
    sure = np.eye(3)[:, None]
    unsure = np.full((3, 1, 3), 1 / 3)
    np.testing.assert_allclose(
        uncertainty.mutual_information(np.concatenate([sure, unsure], axis=1)), [1, 0], atol=1e-12
    )
