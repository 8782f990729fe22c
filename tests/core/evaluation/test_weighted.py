"""Weighted figures: the plain ones where weights are equal, unbiased and honest where the draw was from strata."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv
from sklearn.metrics import balanced_accuracy_score, f1_score

from silverprint.core.evaluation import accuracy, calibration, comparison, intervals, paired, stopping, weighted
from silverprint.core.evaluation.strategy_gain import gain, trials

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.5, 1.0, 4.0])), min_size=1, max_size=40
)


def columns(rows):
    labels, predicted, weights = (np.array(column) for column in zip(*rows, strict=True))
    return predicted, labels, weights


@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn's, of classes that only one side has
@given(ROWS, st.sampled_from([0.1, 7.0]))
def test_shares_are_weighted_ratios_within_their_intervals_whatever_the_unit_of_the_weights(rows, unit):
    predicted, labels, weights = columns(rows)
    right = predicted == labels
    found = {
        "share": weighted.share(right, np.ones_like(right), weights),
        "balanced": weighted.balanced_accuracy(predicted, labels, weights),
        "f1": weighted.macro_f1(predicted, labels, weights),
    }
    known = np.union1d(labels, predicted)
    assert found["share"].value == pytest.approx(np.average(right, weights=weights))
    assert found["balanced"].value == pytest.approx(balanced_accuracy_score(labels, predicted, sample_weight=weights))
    assert found["f1"].value == pytest.approx(
        f1_score(labels, predicted, labels=known, average="macro", sample_weight=weights)
    )
    for one in found.values():
        assert 0 <= one.low <= one.value <= one.high <= 1
    scaled = weighted.balanced_accuracy(predicted, labels, weights * unit)
    assert scaled == pytest.approx(found["balanced"])


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 30))
def test_one_class_in_one_stratum_has_the_interval_of_jeffreys(hits, misses, others):
    if not hits + misses:
        return
    right = np.repeat([True, False], [hits, misses + others])
    among = np.repeat([True, False], [hits + misses, others])
    found = weighted.share(right, among, None)
    low, high = betaincinv(hits + 0.5, misses + 0.5, [0.025, 0.975])
    assert found == pytest.approx((hits / (hits + misses), low if hits else 0.0, high if misses else 1.0))


def weighted_alike(n):
    rows = pl.DataFrame({"weight": np.full(n, 12.5)})
    return weighted.weights_of(rows)


@given(ROWS)
def test_equal_weights_are_no_weights_and_every_figure_is_the_plain_one_bit_by_bit(rows):
    predicted, labels, _ = columns(rows)
    right, n = predicted == labels, len(labels)
    assert weighted_alike(n) is None
    assert weighted.weights_of(pl.DataFrame({"image_id": ["a"]})) is None
    assert weighted.weights_of(pl.DataFrame({"weight": [None, None]}, schema={"weight": pl.Float64})) is None
    found = accuracy.accuracy_of(predicted, np.full(n, 0.5), labels)
    assert found["accuracy"] == round(float(right.mean()), 6)
    assert (found["accuracy_low"], found["accuracy_high"]) == tuple(
        round(end, 6) for end in intervals.wilson(int(right.sum()), n)
    )
    assert found["balanced_accuracy"] == round(
        float(np.mean([right[labels == label].mean() for label in np.unique(labels)])), 6
    )


def tables(n, share, rng):
    """(n pictures) labels, two models' answers, strata of which the second is small and holds most of class 1."""
    stratum = (rng.random(n) < share).astype(np.int64)
    labels = np.where(rng.random(n) < 0.9, stratum, 1 - stratum)
    ours = np.where(rng.random(n) < np.where(labels == 1, 0.8, 0.95), labels, 1 - labels)
    theirs = np.where(rng.random(n) < np.where(labels == 1, 0.6, 0.9), labels, 1 - labels)
    return stratum, labels, ours, theirs


@pytest.mark.slow
def test_weighted_figures_of_a_draw_from_strata_are_those_of_the_pool_on_average():
    """All consumers' estimators; the plain means of the same draws are far off."""
    rng = np.random.default_rng(3)
    stratum, labels, ours, theirs = tables(20_000, 0.05, rng)
    members = [np.flatnonzero(stratum == number) for number in (0, 1)]
    weights = np.repeat([len(rows) / 60 for rows in members], 60)
    confidence = rng.uniform(0.5, 1, len(labels))
    right = ours == labels
    true = {
        "accuracy": right.mean(),
        "recall": right[labels == 1].mean(),
        "gain": right.mean() - (theirs == labels).mean(),
        "confidence": confidence.mean(),
    }
    found, plain = {name: [] for name in true}, []
    for _ in range(60):
        rows = np.concatenate([rng.choice(part, 60, replace=False) for part in members])
        y, a, b = labels[rows], ours[rows], theirs[rows]
        shared = comparison.Shared(
            pl.DataFrame({"image_id": [f"{row}" for row in rows], "label": y.astype(str)}),
            {"a": a == y, "b": b == y},
            {"a": pl.Series(confidence[rows]), "b": pl.Series(confidence[rows])},
            weights,
        )
        one = comparison.judged(shared, "a")
        each = accuracy.per_class_accuracy(a, y, ["0", "1"], weights)["1"]
        assert (each["recall"], each["recall_low"]) == pytest.approx(one.recall["1"][:2], abs=1e-6)
        found["accuracy"].append(one.accuracy.value)
        found["recall"].append(one.recall["1"].value)
        found["confidence"].append(one.confidence)
        change = comparison.gain(shared, "b", "a")
        found["gain"].append(change.accuracy.value)
        plain.append((a == y).mean())
    assert stopping.step(y, b, a, None, weights=weights).gain == pytest.approx(change.accuracy.value)
    for name, values in found.items():
        assert np.mean(values) == pytest.approx(true[name], abs=4 * np.std(values) / np.sqrt(len(values))), name
    assert abs(np.mean(plain) - true["accuracy"]) > 5 * np.std(plain) / np.sqrt(len(plain))


def test_the_gain_of_a_strategy_weighs_the_pictures():
    training = pl.DataFrame(
        {"image_id": list("abcd"), "round": ["r01"] * 4, "role": ["train", "train", "control", "control"]}
    )
    found = trials(training, "r01", ["a", "b"], seed=0)
    right = np.zeros((len(found.weights), 2), dtype=np.bool_)
    right[: found.cuts[0] * found.blocks[0], 0] = True  # the chosen are right on the first picture, the random on none
    assert gain(found, right).gain == pytest.approx(0.5)
    assert gain(found, right, pictures_stand_for=np.array([3.0, 1.0])).gain == pytest.approx(0.75)
    assert gain(found, right, pictures_stand_for=np.array([2.0, 2.0])) == gain(found, right)


def test_the_weighted_gain_is_the_plain_one_where_weights_are_equal():
    for won, lost in ((0, 0), (5, 0), (4, 1), (9, 9), (20, 7)):
        kinds = np.repeat([0, 1, 2], [won, lost, 10])
        ours, theirs = kinds != 1, kinds != 0
        even, plain = (paired.weights_of(len(kinds), one) for one in (np.full(len(kinds), 2.5), None))
        assert paired.gain(ours, theirs, even) == pytest.approx(paired.gain(ours, theirs, plain))


def test_a_reliability_diagram_weighs_its_bins():
    confidence, right = np.array([0.5, 0.5, 0.9, 0.9]), np.array([True, False, True, False])
    found = calibration.reliability(confidence, right, 2, np.array([3.0, 1.0, 1.0, 1.0]))
    assert found.accuracy == pytest.approx([0.75, 0.5])
    assert calibration.expected_calibration_error(
        confidence, right, 2, np.array([3.0, 1.0, 1.0, 1.0])
    ) == pytest.approx((4 * 0.25 + 2 * 0.4) / 6)


def test_intervals_hold_the_truth_also_of_a_rare_class_near_one():
    """`benchmarks.evaluation` does it at length."""
    rng = np.random.default_rng(5)
    stratum, labels, ours, _ = tables(20_000, 0.02, rng)
    members = [np.flatnonzero(stratum == number) for number in (0, 1)]
    sizes = (100, 50)
    weights = np.repeat([len(rows) / size for rows, size in zip(members, sizes, strict=True)], sizes)
    right = ours == labels
    held = []
    for _ in range(250):
        rows = np.concatenate(
            [rng.choice(part, size, replace=False) for part, size in zip(members, sizes, strict=True)]
        )
        one = weighted.share(right[rows], np.ones(150, dtype=np.bool_), weights)
        held.append(one.low <= right.mean() <= one.high)
    assert np.mean(held) > 0.92
