"""The promise of a release among the figures of the round that it was made from, and of no other."""

import json

from silverprint import layout
from silverprint.adapters.tracking import round_facts
from silverprint.adapters.tracking.campaign_run import _points
from silverprint.adapters.tracking.round_run import flat_metrics
from silverprint.store import files

FIGURES = {
    "round": "r02", "promised": 0.97, "confidence": 0.95, "pool": 900, "released": 450, "coverage": 0.5, "audited": 300,
    "above": 200, "right": 199, "precision": 0.995, "low": 0.9725, "high": 0.9999,
    "classes": {"t-shirt/top": {"released": 450, "precision": 0.995, "threshold": 0.874}, "coat": {"released": 0}},
    "coverage_at": {"0.9": 0.75, "0.99": 0.0},
}  # fmt: skip


def test_the_promise_is_shown_with_the_round_of_the_release(project):
    for name in ("r01", "r02"):
        evaluation = {"accuracy": 0.8, "n": 150}
        figures = {"model_id": name, "labels": 100, "votes": 500, "evaluation": evaluation}
        files.write_text(layout.metrics(name), json.dumps(figures))
    before = flat_metrics(round_facts.metrics("r02"), {})
    files.write_text(layout.QUALITIES, json.dumps({"automatic": FIGURES}))
    shown = flat_metrics(round_facts.metrics("r02"), {})
    added = {name: value for name, value in shown.items() if name not in before}
    assert added == {
        "automatic/promised": 0.97, "automatic/confidence": 0.95, "automatic/pool": 900, "automatic/released": 450,
        "automatic/coverage": 0.5, "automatic/audited": 300, "automatic/above": 200, "automatic/right": 199,
        "automatic/precision": 0.995, "automatic/low": 0.9725, "automatic/high": 0.9999,
        "automatic/coverage_at_0.9": 0.75, "automatic/coverage_at_0.99": 0.0,
        "automatic_precision/t-shirt/top": 0.995, "automatic_threshold/t-shirt/top": 0.874,
    }  # fmt: skip
    assert ("automatic/precision", 0.995, 100) in _points(round_facts.metrics("r02"), {})
    assert flat_metrics(round_facts.metrics("r01"), {}) == before


def test_a_release_of_an_earlier_version_has_no_promise(project):
    figures = {"model_id": "m", "labels": 1, "votes": 1, "evaluation": {"accuracy": 0.8, "n": 1}}
    files.write_text(layout.metrics("r01"), json.dumps(figures))
    files.write_text(layout.QUALITIES, json.dumps({"scale": {}}))
    assert not [name for name in flat_metrics(round_facts.metrics("r01"), {}) if name.startswith("automatic")]
