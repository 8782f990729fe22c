"""Scale, quality and consistency from the tables of a handful of pictures."""

import polars as pl

from silverprint.core.cleaning.rules import FLAGS, REASONS
from silverprint.core.reporting import dataset_metrics
from silverprint.core.splits import SPLIT
from silverprint.records import LABELS, MANIFEST, conform

MANIFEST_ROWS = conform(
    pl.DataFrame(
        [
            {"image_id": "a", "kept": True, "source": "web", "license": "MIT", "flags": "text-like:9"},
            {"image_id": "b", "kept": True, "source": "web", "license": None, "flags": None},
            {"image_id": "c", "kept": True, "source": "own", "license": "MIT", "flags": "placeholder:6 off-topic:7"},
            {"image_id": "d", "kept": False, "source": "own", "license": "MIT", "flags": None, "reason": "blurred"},
        ]
    ),
    MANIFEST,
)
NOBODY = {"answers": 0, "accuracy": None}


def test_scale_counts_what_is_kept_and_what_is_released() -> None:
    rows = [("a", "coat", "human"), ("b", "coat", "auto"), ("d", "bag", "human")]
    released = conform(pl.DataFrame(rows, schema=["image_id", "label", "label_source"], orient="row"), SPLIT)
    assert dataset_metrics.scale(MANIFEST_ROWS, released, ["coat", "bag", "shirt"]) == {
        "acquired": 4,
        "kept": 3,
        "released": 3,
        "labelled": 2,
        "sources": {"web": 2, "own": 1},
        "licenses": {"MIT": 2, "unknown": 1},
        "classes": {"coat": 2, "bag": 1, "shirt": 0},
    }


def test_every_check_has_its_share_of_what_was_acquired() -> None:
    found = dataset_metrics.quality(MANIFEST_ROWS)
    assert found["kept"] == 0.75
    assert found["rejected"] == dict.fromkeys(REASONS, 0.0) | {"blurred": 0.25}
    assert found["flagged"] == dict.fromkeys(FLAGS, 0.25)


def test_consistency_is_what_the_rounds_say() -> None:
    labels = conform(pl.DataFrame({"image_id": list("abcd"), "agreement": [1.0, 0.0, None, 0.5]}), LABELS)
    figures = {
        "alpha_round": 0.5,
        "by_role": {"train": {"agreement": 0.7}, "evaluation": {"agreement": 0.8}},
        "gold": {"all": {"accuracy": 0.9}},
    }
    found = dataset_metrics.consistency(labels, figures)
    assert found == {"alpha_round": 0.5, "agreement": 0.8, "gold_accuracy": 0.9, "disputed": 0.666667}


def test_what_nobody_answered_is_left_out() -> None:
    labels = conform(pl.DataFrame({"image_id": ["a"]}), LABELS)
    assert dataset_metrics.consistency(labels, {"alpha_round": None, "by_role": {}, "gold": {"all": NOBODY}}) == {}
