"""Label errors: planted ones come first, however they follow the classes; and what holds of every answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from silverprint.core.evaluation.calibration import temperature
from silverprint.core.label_errors import find_label_errors
from silverprint.core.label_errors.held_out import held_out_logits
from silverprint.core.label_errors.noise_matrix import STRENGTHS, chosen_noise, learn, posterior
from silverprint.core.semisupervised.request import checked
from silverprint.errors import DataError


def clusters(count: int, classes: int, spread: float, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    centres = rng.normal(size=(classes, 8)) * 3
    return (centres[truth] + spread * rng.normal(size=(count, 8))).astype(np.float32), truth.astype(np.int64)


def evenly(truth: NDArray[np.int64], share: float, classes: int, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    at = rng.permutation(len(truth))[: round(share * len(truth))]
    labels = truth.copy()
    labels[at] = (truth[at] + rng.integers(1, classes, len(at))) % classes
    return labels


@pytest.mark.slow
def test_planted_errors_come_first() -> None:
    rows, truth = clusters(400, 4, 1.0, 0)
    labels = evenly(truth, 0.06, 4, 1)
    found = find_label_errors(rows, labels, classes=4, seed=0)
    first = np.argsort(-found.wrong)[: (labels != truth).sum()]
    assert (labels != truth)[first].mean() > 0.9
    assert (found.classes.argmax(axis=1) == truth).mean() > 0.98


@pytest.mark.slow
def test_errors_that_follow_the_classes_are_known_by_that() -> None:
    """A third of class 0 is called 1, and nothing else is wrong."""
    rng = np.random.default_rng(3)
    rows, truth = clusters(900, 3, 1.0, 2)
    labels = truth.copy()
    zeros = np.flatnonzero(truth == 0)
    labels[rng.choice(zeros, 100, replace=False)] = 1
    found = find_label_errors(rows, labels, classes=3, seed=0)
    off = found.noise - np.diag(np.diag(found.noise))
    assert off.argmax() == 1  # row 0, column 1
    assert off[0, 1] > 4 * np.delete(off.ravel(), 1).max()
    wrong = np.argsort(-found.wrong)[:100]
    assert (labels != truth)[wrong].mean() > 0.75


def test_labels_without_errors_are_left_in_peace() -> None:
    rows, truth = clusters(300, 3, 0.7, 5)
    found = find_label_errors(rows, truth, classes=3, seed=0)
    assert found.wrong.max() < 0.5
    assert found.wrong.mean() < 0.02


@pytest.mark.slow
@settings(max_examples=10)
@given(
    count=st.integers(1, 30),
    classes=st.integers(1, 5),
    seed=st.integers(0, 100),
    spread=st.sampled_from([0.0, 1.0, 1e6]),
)
def test_every_answer_is_a_distribution_and_comes_again(count: int, classes: int, seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    rows = (spread * rng.normal(size=(count, 3))).astype(np.float32)
    labels = rng.integers(0, classes, count)
    found = find_label_errors(rows, labels, classes=classes, seed=seed)
    assert np.all((found.wrong >= -1e-9) & (found.wrong <= 1 + 1e-9))
    np.testing.assert_allclose(found.classes.sum(axis=1), 1)
    np.testing.assert_allclose(found.noise.sum(axis=1), 1)
    again = find_label_errors(rows, labels, classes=classes, seed=seed)
    np.testing.assert_array_equal(found.wrong, again.wrong)


@given(seed=st.integers(0, 50), strength=st.sampled_from(STRENGTHS))
def test_without_a_model_only_the_labels_speak(seed: int, strength: float) -> None:
    """Logits that say nothing: each label is as likely wrong as any other of its class."""
    labels = np.random.default_rng(seed).permutation(np.arange(60) % 3)
    noise = learn(np.zeros((60, 3)), labels, strength)
    likely = posterior(np.zeros((60, 3)), labels, noise)
    for label in range(3):
        np.testing.assert_allclose(
            likely[labels == label], likely[labels == label][:1].repeat((labels == label).sum(), 0)
        )


@pytest.mark.slow
def test_the_belief_in_even_errors_gives_way_to_what_the_labels_show() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 2000)
    logits = 8.0 * np.eye(5)[truth] + rng.normal(size=(2000, 5))
    even, to_next = evenly(truth, 0.1, 5, 1), truth.copy()
    moved = rng.permutation(2000)[:200]
    to_next[moved] = (truth[moved] + 1) % 5
    off = ~np.eye(5, dtype=bool)
    follows = chosen_noise(logits, to_next, 0).matrix
    assert chosen_noise(logits, even, 0).matrix[off].std() < follows[off].std() / 5
    for name in range(5):
        assert follows[name, (name + 1) % 5] == pytest.approx(0.1, abs=0.04)
        assert follows[name, (name + 2) % 5] < 0.01


def test_what_breaks_the_contract_is_named() -> None:
    rows = np.zeros((3, 2), dtype=np.float32)
    with pytest.raises(DataError, match="labels from 0 to 7"):
        find_label_errors(rows, np.array([0, 1, 7]), classes=3, seed=0)
    with pytest.raises(DataError, match="finite"):
        find_label_errors(np.full((3, 2), np.nan), np.array([0, 1, 2]), classes=3, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("follows_classes", [False, True])
def test_on_handwritten_digits_no_worse_than_confident_learning(follows_classes: bool) -> None:
    """Against cleanlab's ranking of the same held-out predictions, at the errors' number, over three seeds."""
    from cleanlab.rank import get_label_quality_scores
    from scipy.special import softmax
    from sklearn.datasets import load_digits

    given_ = load_digits()
    rows, truth = given_.data.astype(np.float32), given_.target.astype(np.int64)
    gains = []
    for seed in range(3):
        labels = evenly(truth, 0.06, 10, seed)
        if follows_classes:
            labels = np.where(labels != truth, (truth + 3) % 10, truth)
        wrong, own = labels != truth, np.arange(len(labels))
        logits = held_out_logits(checked(rows, labels, rows[:0], 10, None, seed))
        ours = 1 - posterior(logits, labels, chosen_noise(logits, labels, seed))[own, labels]
        shares = softmax(logits / temperature(logits[None], labels), axis=1)
        theirs = 1 - get_label_quality_scores(labels, shares, method="self_confidence")
        first = [wrong[np.argsort(-score, kind="stable")[: wrong.sum()]].mean() for score in (ours, theirs)]
        gains.append(first[0] - first[1])
    assert np.mean(gains) > (0.03 if follows_classes else -0.01)


def test_what_people_told_of_the_labels_counts_beside_the_models() -> None:
    """Models that know nothing leave how labels go wrong to the counts."""
    labels = np.arange(60) % 3
    told = np.array([[10.0, 90, 0], [0, 100, 0], [0, 0, 100]])
    alone, heard = (learn(np.zeros((60, 3)), labels, STRENGTHS[0], counts).matrix for counts in (None, told))
    assert heard[0, 1] > 0.6 > alone[0, 1]
    assert heard[1, 1] > 0.8
    assert np.allclose(heard.sum(axis=1), 1)
