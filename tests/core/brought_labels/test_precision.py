"""Precision of brought labels: by pictures drawn at random, of the first round that drew any."""

import numpy as np
import polars as pl
import pytest

from silverprint.core.brought_labels.precision import first_draws, precision

CLASSES = ("bag", "coat", "dress", "shirt")


def campaign(seed: int, *, brought: int, judged: int, wrong: float, right: float) -> tuple[dict, float]:
    """What is measured of a source where people, three a picture and right so often, saw `judged` of its pictures."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, brought)
    said = np.where(rng.random(brought) < wrong, (truth + rng.integers(1, 4, brought)) % 4, truth)
    names = [f"{number:05d}" for number in range(brought)]
    statements = pl.DataFrame(
        {"image_id": names, "annotator": "import:own", "choice": [CLASSES[place] for place in said]}
    )
    votes = [
        (names[at], f"p{person}", CLASSES[truth[at] if rng.random() < right else (truth[at] + rng.integers(1, 4)) % 4])
        for at in range(judged)
        for person in range(3)
    ]
    cast = pl.DataFrame(votes, schema=["image_id", "annotator", "choice"], orient="row")
    majority = cast.group_by("image_id").agg(pl.col("choice").mode().sort().first())
    labels = dict(majority.iter_rows())
    drawn = statements.head(judged)
    found = precision(statements, drawn, cast, labels, classes=CLASSES, known={})
    return found["import:own"], float((said == truth).mean())


@pytest.mark.slow
def test_the_interval_holds_the_truth_though_people_err() -> None:
    found = [campaign(seed, brought=600, judged=100, wrong=0.1, right=0.95) for seed in range(40)]
    held = [one["low"] <= truth <= one["high"] for one, truth in found]
    assert np.mean(held) >= 0.85  # of forty; nine in ten are expected to be within it even where it held 95 of 100
    assert np.mean([one["precision"] - truth for one, truth in found]) == pytest.approx(0, abs=0.02)


def test_what_people_corrected_is_counted_as_right_now() -> None:
    found, _ = campaign(0, brought=200, judged=200, wrong=0.2, right=1.0)
    assert found["asked"] == found["drawn"] == 200
    assert found["now"] == pytest.approx(1, abs=0.01)
    assert found["now_low"] <= found["now"] <= found["now_high"]
    assert set(found["classes"]) == set(CLASSES)
    assert all(row["low"] <= row["precision"] <= row["high"] for row in found["classes"].values())


def test_a_source_that_no_random_picture_met_has_no_precision() -> None:
    statements = pl.DataFrame({"image_id": ["a"], "annotator": ["import:own"], "choice": ["bag"]})
    votes = pl.DataFrame({"image_id": ["a"], "annotator": ["p"], "choice": ["coat"]})
    found = precision(statements, statements.clear(), votes, {"a": "coat"}, classes=CLASSES, known={})
    assert found == {"import:own": {"labels": 1, "asked": 1, "corrected": 1, "drawn": 0}}


def test_of_each_source_the_first_round_that_drew_it_counts() -> None:
    asked = pl.DataFrame(
        [("a", "evaluation", "r01"), ("b", "train", "r01"), ("c", "control", "r02"), ("d", "audit", "r02")],
        schema=["image_id", "role", "round"],
        orient="row",
    )
    statements = pl.DataFrame(
        {"image_id": list("abcde"), "annotator": ["x", "x", "x", "y", "y"], "choice": ["bag"] * 5}
    )
    found = first_draws(asked, statements, ["r01", "r02"], {})
    assert found["image_id"].to_list() == ["a", "d"]
    oversampled = first_draws(asked, statements, ["r01", "r02"], {"a": 1.0, "others": 1e-9})
    assert oversampled["image_id"].to_list() == ["c", "d"]
