"""A classifier that was there before the first round, as MLflow gets it."""

from typing import Any

from silverprint.adapters.tracking.campaign_run import _points
from silverprint.adapters.tracking.round_run import flat_metrics

EVALUATION = {
    "n": 150,
    "accuracy": 0.7,
    "accuracy_low": 0.6,
    "accuracy_high": 0.8,
    "balanced_accuracy": 0.7,
    "ece": 0.1,
}
CLASSIFIER = EVALUATION | {"model_id": "shop-1", "pictures": 150, "n": 140, "accuracy": 0.5}


def metrics(**more: Any) -> dict[str, Any]:
    return {"labels": 100, "votes": 300, "evaluation": dict(EVALUATION)} | more


def test_its_figures_stand_beside_the_first_rounds_and_the_curve_begins_with_it() -> None:
    before = metrics(classifier=CLASSIFIER)
    found = flat_metrics(before, {})
    assert (found["classifier/accuracy"], found["classifier/n"], found["classifier/pictures"]) == (0.5, 140.0, 150.0)
    assert found["accuracy"] == 0.7
    points = _points(before, {})
    assert [point for point in points if point[0] == "accuracy"] == [("accuracy", 0.5, 0), ("accuracy", 0.7, 100)]
    assert {step for name, _, step in points if name not in CLASSIFIER} == {100}


def test_of_no_evaluation_picture_it_has_no_accuracy() -> None:
    silent = (
        CLASSIFIER | dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "balanced_accuracy", "ece")) | {"n": 0}
    )
    found = flat_metrics(metrics(classifier=silent), {})
    assert {name for name in found if name.startswith("classifier")} == {"classifier/n", "classifier/pictures"}
    assert {step for _, _, step in _points(metrics(classifier=silent), {})} == {100}


def test_without_one_everything_is_as_it_was() -> None:
    assert not [name for name in flat_metrics(metrics(), {}) if name.startswith("classifier")]
    assert {step for _, _, step in _points(metrics(), {})} == {100}
