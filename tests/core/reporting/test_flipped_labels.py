"""Labels that later votes changed."""

import polars as pl

from silverprint.core.reporting.flipped_labels import commonest_flips, flipped_labels, of_training
from silverprint.records import LABELS, conform


def labels(rows):
    named = pl.DataFrame(rows, schema=["image_id", "label", "role"], orient="row")
    source = pl.when(pl.col("role") == "gold").then(pl.lit("gold")).otherwise(pl.lit("human"))
    return conform(named.with_columns(source.alias("source")), LABELS)


BEFORE = labels(
    [
        ("a", "coat", "train"), ("b", "coat", "control"), ("c", None, "train"), ("d", "bag", "evaluation"),
        ("e", None, "train"), ("g", "bag", "gold"), ("h", "coat", "train"),
    ]
)  # fmt: skip
AFTER = labels(
    [
        ("a", "bag", "train"), ("b", "coat", "control"), ("c", "bag", "train"), ("d", None, "evaluation"),
        ("e", None, "train"), ("g", "coat", "gold"), ("h", "bag", "train"), ("new", "bag", "train"),
    ]
)  # fmt: skip


def test_a_flip_is_another_label_or_none_where_there_was_one():
    found = flipped_labels(BEFORE, AFTER)
    assert found.select("image_id", "before", "after").rows() == [
        ("a", "coat", "bag"), ("c", None, "bag"), ("d", "bag", None), ("h", "coat", "bag"),
    ]  # fmt: skip
    assert of_training(found)["image_id"].to_list() == ["a", "c", "h"]


def test_the_commonest_come_first():
    found = commonest_flips(flipped_labels(BEFORE, AFTER), most=2)
    assert found.rows()[0] == ("coat", "bag", 2)
    assert found.height == 2


def test_the_same_labels_have_no_flips():
    assert flipped_labels(AFTER, AFTER).is_empty()
