"""Belief in brought labels: errors are doubted, held-out ones are judged alike, and only what helps teaches."""

import numpy as np
import pytest
from numpy.typing import NDArray

from silverprint.core.brought_labels.belief import Belief, Brought, believe
from silverprint.core.semisupervised import fit

pytestmark = pytest.mark.slow

C = 4


def pool(seed: int = 0, count: int = 400, spread: float = 1.6) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(count) % C)
    centres = rng.normal(size=(C, 6)) * spread
    return (centres[truth] + rng.normal(size=(count, 6))).astype(np.float32), truth


def wrong(truth: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < share, (truth + rng.integers(1, C, len(truth))) % C, truth)


def believed(rows, truth, said, asked: int, teaches: NDArray[np.bool_] | None = None) -> Belief:
    rest = slice(asked, None)
    count = len(truth) - asked
    told = np.zeros((1, C, C))
    np.add.at(told[0], (truth[:asked], said[:asked]), 1)
    may = np.ones(count, dtype=np.bool_) if teaches is None else teaches
    brought = Brought(rows[rest], said[rest], np.zeros(count, dtype=np.int64), may)
    return believe(brought, told=told, classes=C, seed=0)


def test_errors_are_doubted_and_right_labels_are_not() -> None:
    rows, truth = pool()
    said = wrong(truth, 0.1, 1)
    found = believed(rows, truth, said, 40)
    errors = said[40:] != truth[40:]
    assert found.right[errors].mean() < 0.3 < 0.9 < found.right[~errors].mean()
    assert np.allclose(found.classes.sum(axis=1), 1)


def test_a_label_that_may_not_teach_changes_nothing_but_its_own_figure() -> None:
    rows, truth = pool()
    said = wrong(truth, 0.1, 1)
    teaches = np.arange(360) >= 60
    one = believed(rows, truth, said, 40, teaches)
    other = said.copy()
    other[40:100] = (said[40:100] + 1) % C
    two = believed(rows, truth, other, 40, teaches)
    assert (one.taught(0) == np.arange(60, 360)).all()
    for mine, theirs in zip(one.ways(0), two.ways(0), strict=True):
        assert np.array_equal(mine.targets, theirs.targets)
        assert np.array_equal(mine.weights, theirs.weights)
    assert not np.array_equal(one.right[:60], two.right[:60])


def test_good_labels_help_and_labels_at_chance_are_left() -> None:
    rows, truth = pool(3, 460, spread=0.7)
    test, rows_here, truth_here = slice(400, None), rows[:400], truth[:400]
    share = {}
    at_chance = np.random.default_rng(5).integers(0, C, 400)
    for name, said in {"good": wrong(truth_here, 0.05, 1), "chance": at_chance}.items():
        ways = believed(rows_here, truth_here, said, 24).ways(0)
        model = fit(rows_here[:24], truth_here[:24], rows_here[24:], classes=C, omega="none", seed=0, doubtful=ways)
        share[name] = (model.probabilities(rows[test]).argmax(axis=1) == truth[test]).mean()
        assert (model.doubtful != "") == (name == "good")
    alone = fit(rows_here[:24], truth_here[:24], rows_here[24:], classes=C, omega="none", seed=0)
    assert share["chance"] == pytest.approx((alone.probabilities(rows[test]).argmax(axis=1) == truth[test]).mean())
    assert share["good"] >= share["chance"]


def test_without_any_way_the_model_is_the_one_of_before() -> None:
    rows, truth = pool(4, 120)
    one, other = (fit(rows[:20], truth[:20], rows[20:], classes=C, seed=0, **more) for more in ({}, {"doubtful": ()}))
    assert np.array_equal(one.weight, other.weight)
    assert one.doubtful == ""
