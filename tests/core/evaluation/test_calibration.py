import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import jaxtyped
from scipy.special import softmax

from silverprint.core.evaluation import accuracy, calibration, intervals, resampling

ece = jaxtyped(typechecker=beartype)(calibration.expected_calibration_error)
temperature = jaxtyped(typechecker=beartype)(calibration.temperature)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, n: int, classes: int = 4, sharpness: float = 1.0):
    """Logits whose softmax at `sharpness` 1 is the truth the labels are drawn from."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2.0, size=(n, classes))
    below = softmax(logits, axis=1).cumsum(axis=1)
    labels = np.minimum((below < rng.random((n, 1))).sum(axis=1), classes - 1)
    return (logits * sharpness)[None], labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_sharpening(sharpness) -> None:
    logits, labels = drawn(0, 4000, sharpness=sharpness)
    assert temperature(logits, labels) == pytest.approx(sharpness, rel=0.1)


def test_a_few_easy_labels_do_not_make_it_sure_of_everything() -> None:
    logits = np.eye(3)[np.arange(30) % 3][None] * 8.0
    assert 0.2 < temperature(logits, np.arange(30) % 3) < 1.0


def test_without_labels_the_temperature_is_one() -> None:
    assert temperature(np.zeros((2, 0, 3)), np.zeros(0, dtype=np.int64)) == 1.0


def test_mending_the_temperature_mends_the_calibration() -> None:
    logits, labels = drawn(1, 20_000, sharpness=3.0)
    mended = logits / temperature(logits, labels)

    def error(scores):
        probabilities = softmax(scores[0], axis=1)
        return ece(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)

    assert error(mended) < 0.02 < 0.1 < error(logits)


@given(seed=seeds, n=st.integers(1, 80), bins=st.integers(1, 12))
def test_calibration_error_is_a_share_and_bins_hold_everyone_evenly(seed, n, bins) -> None:
    rng = np.random.default_rng(seed)
    confidence, correct = rng.random(n), rng.random(n) < 0.5
    found = calibration.reliability(confidence, correct, bins)
    assert found.count.sum() == n
    assert found.count.max() - found.count.min() <= 1
    assert np.all(np.diff(found.confidence) >= 0)
    assert 0 <= ece(confidence, correct, bins) <= 1


def test_a_model_that_is_always_sure_and_half_right_is_off_by_half() -> None:
    assert ece(np.ones(10), np.arange(10) < 5, 1) == pytest.approx(0.5)


def test_wilson_agrees_with_newcombes_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 81/263 and 0/20
    assert intervals.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert intervals.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(n=st.integers(0, 500), share=st.floats(0, 1))
def test_wilson_holds_the_share_within_the_unit_interval(n, share) -> None:
    successes = round(n * share)
    low, high = intervals.wilson(successes, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low <= successes / n <= high


@given(seed=seeds, n=st.integers(1, 60), classes=st.integers(1, 5), members=st.integers(1, 4))
def test_no_class_vanishes_from_a_bootstrap_sample(seed, n, classes, members) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, n)
    weights = resampling.stratified_bootstrap(labels, members, seed)
    assert np.all(weights > 0)
    for label in np.unique(labels):
        assert weights[:, labels == label].sum(axis=1) == pytest.approx(np.full(members, (labels == label).sum()))


@given(seed=seeds, n=st.integers(2, 60), classes=st.integers(1, 5))
def test_folds_are_even_as_a_whole_and_within_each_class(seed, n, classes) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, n)
    fold = resampling.stratified_folds(labels, 5, seed)
    for rows in [np.ones(n, dtype=bool), *(labels == label for label in range(classes))]:
        sizes = np.bincount(fold[rows], minlength=5)
        assert sizes.max() - sizes.min() <= 1


@given(seed=seeds, n=st.integers(1, 60))
def test_the_figures_agree_with_scikit_learn(seed, n) -> None:
    from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(3), size=n)
    labels = rng.integers(0, 3, n)
    predicted = probabilities.argmax(axis=1)
    found = accuracy.overall_accuracy(probabilities, labels)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, predicted), abs=1e-6)
    assert found["log_loss"] == pytest.approx(log_loss(labels, probabilities, labels=[0, 1, 2]), abs=1e-5)
    theirs = precision_recall_fscore_support(labels, predicted, labels=[0, 1, 2], zero_division=0)
    for index, figures in enumerate(accuracy.per_class_accuracy(predicted, labels, ["a", "b", "c"]).values()):
        for name, values in zip(("precision", "recall", "f1", "support"), theirs, strict=True):
            assert (figures[name] or 0) == pytest.approx(values[index], abs=1e-6)


def test_nothing_to_judge_gives_nulls() -> None:
    found = accuracy.overall_accuracy(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    assert found["n"] == 0
    assert found["accuracy"] is None
