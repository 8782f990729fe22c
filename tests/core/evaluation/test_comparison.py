"""Models of rounds on the pictures that all of them judged."""

import numpy as np
import polars as pl
import pytest

from silverprint.core.evaluation import comparison
from silverprint.records import EVALUATION


def evaluation(rows):
    """Rows of image_id, label, predicted."""
    filled = [(*row, 0.8, [0.8, 0.2], None) for row in rows]
    return pl.DataFrame(filled, schema=EVALUATION, orient="row")


BEFORE = evaluation([("a", "coat", "coat"), ("b", "coat", "bag"), ("c", "bag", "bag"), ("gone", "bag", "bag")])
AFTER = evaluation([("new", "bag", "coat"), ("c", "bag", "bag"), ("b", "coat", "coat"), ("a", "bag", "coat")])


def test_all_are_judged_on_the_same_pictures_by_the_newest_labels():
    pictures = comparison.shared({"r01": BEFORE, "r02": AFTER}, AFTER)
    assert pictures.labels["image_id"].to_list() == ["a", "b", "c"]
    assert pictures.support == {"bag": 2, "coat": 1}
    assert pictures.hits["r01"].tolist() == [False, False, True]  # people now say that `a` is a bag
    assert pictures.hits["r02"].tolist() == [False, True, True]


def test_a_gain_counts_what_one_alone_knows():
    found = comparison.gain(comparison.shared({"r01": BEFORE, "r02": AFTER}, AFTER), "r01", "r02")
    assert (found.won, found.lost, found.accuracy.more_than_chance) == (1, 0, False)
    assert found.accuracy.value == pytest.approx(1 / 3)
    assert found.balanced.value == pytest.approx(1 / 2)
    assert {name: one.value for name, one in found.recall.items()} == {"bag": 0.0, "coat": 1.0}


def test_a_models_figures_are_of_the_shared_pictures():
    found = comparison.judged(comparison.shared({"r01": BEFORE, "r02": AFTER}, AFTER), "r02")
    assert found.accuracy.value == pytest.approx(2 / 3)
    assert found.balanced.value == pytest.approx((1 / 2 + 1) / 2)
    assert found.confidence == pytest.approx(0.8)
    assert found.ece == pytest.approx(np.mean([abs(0.8 - hit) for hit in (0, 1, 1)]))


def test_no_shared_picture_is_no_error_yet():
    assert comparison.shared({"r01": BEFORE.head(0), "r02": AFTER}, AFTER).pictures == 0


def test_the_classes_that_changed_most_keep_their_order():
    change = comparison.gain(comparison.shared({"r01": BEFORE, "r02": AFTER}, AFTER), "r01", "r02")
    assert comparison.most_changed(change, ["shoe", "coat", "bag"], most=1) == ["coat"]
    assert comparison.most_changed(change, ["shoe", "bag", "coat"], most=5) == ["bag", "coat"]
