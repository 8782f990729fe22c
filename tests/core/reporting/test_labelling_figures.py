"""A round's labelling by itself."""

import polars as pl
import pytest

from silverprint.core.reporting.labelling_figures import class_counts, labelling_figures
from silverprint.records import LABELS, VOTES, conform

CLASSES = ("coat", "bag")


def votes(rows):
    """Rows of image_id, round, annotator, choice, seconds."""
    names = ["image_id", "round", "annotator", "choice", "lead_time_s"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_row_index("annotation_id")
    return conform(frame.with_columns(status=pl.lit("valid")), VOTES)


LABELLED = conform(
    pl.DataFrame(
        [("a", "coat", "human"), ("b", "bag", "human"), ("c", "not one of these", "human"), ("g", "bag", "gold")],
        schema=["image_id", "label", "source"],
        orient="row",
    ),
    LABELS,
)
VOTED = votes(
    [
        ("a", "r01", "x", "bag", 99.0), ("a", "r02", "x", "coat", 2.0), ("a", "r02", "y", "coat", 4.0),
        ("b", "r02", "x", "coat", 2.0), ("b", "r02", "y", "bag", 4.0), ("g", "r02", "x", "bag", None),
    ]
)  # fmt: skip


def test_only_the_rounds_own_votes_count_and_gold_is_no_agreement():
    quality = {
        "alpha_round": 0.4, "unresolved_share": 0.1,
        "gold": {"round": {"accuracy": 1.0, "low": 0.2, "high": 1.0, "answers": 1}},
    }  # fmt: skip
    found = labelling_figures(quality, VOTED, LABELLED, "r02", CLASSES)
    assert found.pop("hours") == pytest.approx(5 * 3 / 3600)
    assert found == {
        "round_votes": 5, "agreement": 0.5, "alpha": 0.4, "unresolved_share": 0.1,
        "gold": 1.0, "gold_low": 0.2, "gold_high": 1.0,
    }  # fmt: skip


def test_what_is_not_known_is_left_out():
    quality = {"alpha_round": None, "gold": {"round": {"accuracy": None, "low": 0.0, "high": 1.0}}}
    assert labelling_figures(quality, VOTED, LABELLED, "r09", CLASSES) == {"round_votes": 0}


def test_a_class_without_a_label_counts_none():
    assert class_counts(LABELLED, ("coat", "bag", "shoe")) == {"coat": 1, "bag": 1, "shoe": 0}
