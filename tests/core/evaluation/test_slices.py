"""A model's accuracy on slices of the evaluation pictures."""

import polars as pl
import pytest

from silverprint.core.evaluation.intervals import wilson
from silverprint.core.evaluation.slices import confident_mistakes, slices
from silverprint.records import EVALUATION, MANIFEST, QUEUE, conform, empty

EVALUATED = pl.DataFrame(
    [
        ("a", "coat", "coat", 0.9, [0.9, 0.1], None), ("b", "coat", "bag", 0.6, [0.4, 0.6], None),
        ("c", "bag", "bag", 0.7, [0.3, 0.7], None), ("d", "bag", "coat", 0.8, [0.8, 0.2], None),
        ("gone", "bag", "bag", 0.8, [0.2, 0.8], None),
    ],
    schema=EVALUATION,
    orient="row",
)  # fmt: skip
KNOWN = conform(
    pl.DataFrame(
        [
            ("a", "web", "MIT", 1), ("b", "web", None, 2), ("c", "own", "MIT", 3), ("d", "web", "MIT", None),
            ("copy of b", "web", None, 2), ("x", "web", None, 3), ("y", "web", None, 3), ("z", "web", None, 3),
        ],
        schema=["image_id", "source", "license", "group"],
        orient="row",
    ),
    MANIFEST,
)  # fmt: skip
ASKED = conform(pl.DataFrame({"image_id": ["a", "b", "c", "b"], "tier": ["crowd", "crowd", "expert", "expert"]}), QUEUE)


def test_each_slice_has_its_share_with_its_interval():
    found = {(one.kind, one.name): (one.pictures, one.accuracy) for one in slices(EVALUATED, KNOWN, ASKED)}
    assert found == {
        ("source", "web"): (3, pytest.approx(1 / 3)), ("source", "own"): (1, 1.0),
        ("license", "MIT"): (3, pytest.approx(2 / 3)), ("license", "unknown"): (1, 0.0),
        ("tier", "crowd"): (2, 0.5), ("tier", "expert"): (1, 1.0),
        ("group_size", "1"): (2, 0.5), ("group_size", "2"): (1, 0.0), ("group_size", "3+"): (1, 1.0),
    }  # fmt: skip
    first = slices(EVALUATED, KNOWN, ASKED)[0]
    assert (first.low, first.high) == wilson(1, 3)
    assert (first.kind, first.name) == ("source", "web")  # the largest first


def test_nothing_evaluated_has_no_slices():
    assert slices(empty(EVALUATION), KNOWN, ASKED) == []


def test_the_surest_mistake_comes_first():
    assert confident_mistakes(EVALUATED, most=5)["image_id"].to_list() == ["d", "b"]
    assert confident_mistakes(EVALUATED, most=1)["image_id"].to_list() == ["d"]
