import numpy as np
from benchmarks.label_efficiency.head import PENALTIES, fit, tuned
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 30), st.integers(2, 40))
def test_the_fit_is_where_the_slope_vanishes(seed, n, d):
    rng = np.random.default_rng(seed)
    rows, labels = rng.normal(size=(n, d)), rng.integers(0, 3, n)
    weight = fit(rows, labels, 3, 1e-2)
    logits = np.exp(rows @ weight - (rows @ weight).max(axis=1, keepdims=True))
    slope = rows.T @ (logits / logits.sum(axis=1, keepdims=True) - np.eye(3)[labels]) / n + 1e-2 * weight
    assert np.abs(slope).max() < 1e-3


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_any_labels_make_a_head_that_gives_distributions(seed, n):
    rng = np.random.default_rng(seed)
    rows, labels = rng.normal(size=(n, 5)).astype(np.float32), rng.integers(0, 4, n)
    head = tuned(rows, labels, 4)
    shares = head.probabilities(rows)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert head.penalty in PENALTIES
    assert head.temperature > 0
