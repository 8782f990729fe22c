import numpy as np
import polars as pl
import pytest

from silverprint.core.consensus import consensus
from silverprint.core.evaluation.targets import believed, one_hot
from silverprint.core.votes.held_out_voice import held_out_voice
from silverprint.errors import DataError

CLASSES = ("a", "b", "c")


def clusters(count: int, seed: int, spread: float = 0.6):
    """(count, 6) features around a corner for each class, and class ids."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 3
    return (np.eye(6)[truth] * 3 + spread * rng.normal(size=(count, 6))).astype(np.float32), truth


def answered(truth, seed: int):
    """Two votes an image of three people, one of whom takes half of a's for b's and the others err now and then."""
    rng = np.random.default_rng(seed)
    rows = []
    for image, true in enumerate(truth.tolist()):
        for person in rng.permutation(3)[:2].tolist():
            error = (0.1, 0.15, 0.5 if true == 0 else 0.2)[person]
            said = (true + 1) % 3 if rng.random() < error else true
            rows.append((f"i{image:03d}", f"p{person}", CLASSES[said]))
    return pl.DataFrame(rows, ["image_id", "annotator", "choice"], orient="row")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_labels_that_hear_what_other_pictures_teach_are_right_more_often_and_more_surely(seed) -> None:
    rows, truth = clusters(150, seed)
    votes = answered(truth, seed)
    alone = consensus(votes, classes=CLASSES)
    ids = np.array([CLASSES.index(label) for label in alone["label"]])
    told = held_out_voice(rows, ids, believed(alone, CLASSES), seed=seed)
    heard = consensus(votes, classes=CLASSES, probabilities=dict(zip(alone["image_id"], told, strict=True)))
    right = np.array([CLASSES.index(label) for label in heard["label"]]) == truth
    assert right.mean() > (ids == truth).mean() + 0.03
    assert right.mean() > 0.95


@pytest.mark.slow
def test_features_that_say_nothing_change_few_labels() -> None:
    rng = np.random.default_rng(0)
    _, truth = clusters(150, 0)
    votes = answered(truth, 0)
    alone = consensus(votes, classes=CLASSES)
    ids = np.array([CLASSES.index(label) for label in alone["label"]])
    noise = rng.normal(size=(150, 6)).astype(np.float32)
    told = held_out_voice(noise, ids, believed(alone, CLASSES), seed=0)
    heard = consensus(votes, classes=CLASSES, probabilities=dict(zip(alone["image_id"], told, strict=True)))
    assert (heard["label"] != alone["label"]).mean() < 0.03


@pytest.mark.slow
def test_a_pictures_own_label_does_not_speak_for_itself() -> None:
    rows, truth = clusters(90, 1)
    before = held_out_voice(rows, truth, one_hot(truth, 3), seed=1)
    for picture in (0, 40, 89):
        wrong = truth.copy()
        wrong[picture] = (truth[picture] + 1) % 3
        after = held_out_voice(rows, wrong, one_hot(wrong, 3), seed=1)
        assert after[picture, wrong[picture]] < before[picture, wrong[picture]] + 0.05
        assert after[picture].argmax() == truth[picture]


def test_the_same_again_and_distributions() -> None:
    rows, truth = clusters(30, 2)
    found = held_out_voice(rows, truth, one_hot(truth, 3), seed=5)
    assert np.array_equal(found, held_out_voice(rows, truth, one_hot(truth, 3), seed=5))
    assert found.shape == (30, 3)
    assert np.allclose(found.sum(axis=1), 1)


def test_targets_that_are_no_distributions_are_refused() -> None:
    rows, truth = clusters(9, 3)
    with pytest.raises(DataError, match=r"targets\[2\]: must be shares"):
        held_out_voice(rows, truth, one_hot(truth, 3) * np.where(np.arange(9) == 2, 2, 1)[:, None], seed=1)
