"""Campaign as one MLflow run, whose metrics step by the number of labels: the page draws the learning curve."""

import hashlib
import json
import time
from typing import Any

from silverprint.adapters.tracking.client import Experiment
from silverprint.adapters.tracking.round_run import automatic_metrics, overview

_CURVES = ("accuracy", "accuracy_low", "accuracy_high", "balanced_accuracy", "ece", "log_loss")
_LABELLING = ("agreement", "alpha", "gold", "unresolved_share", "round_votes", "hours", "cost")


def show_campaign(
    store: Experiment, campaign: str, figures: dict[str, dict[str, Any]], labelling: dict[str, dict[str, float]]
) -> None:
    """Draws the campaign's run anew if a figure changed: a point that moved must not leave its old place behind.

    Args:
        figures: round -> its metrics, in the order of the rounds.
        labelling: round -> round_facts.labelling.
    """
    from mlflow.entities import Metric

    points = [point for name, metrics in figures.items() for point in _points(metrics, labelling[name])]
    digest = hashlib.sha256(json.dumps(points).encode()).hexdigest()
    run = store.find(kind="campaign", campaign=campaign)
    if store.is_current(run, digest):
        return
    if run is not None:
        store.client.delete_run(run.info.run_id)
    tags = {
        "silverprint.kind": "campaign",
        "silverprint.campaign": campaign,
        "mlflow.note.content": f"The learning curve over the rounds {', '.join(figures)}: step = labels trained on.",
    }
    run_id = store.client.create_run(store.experiment, tags=tags, run_name=f"campaign {campaign}").info.run_id
    now = int(time.time() * 1000)
    store.client.log_batch(run_id, metrics=[Metric(name, value, now, step) for name, value, step in points])
    store.close(run_id, digest)


def _points(metrics: dict[str, Any], labelling: dict[str, float]) -> list[tuple[str, float, int]]:
    curves = {name: metrics["evaluation"].get(name) for name in _CURVES} | overview(metrics, labelling)
    curves |= {name: labelling.get(name) for name in _LABELLING}
    curves |= {f"control/{name}": value for name, value in (metrics.get("control") or {}).items()}
    curves |= automatic_metrics(metrics)
    curves["votes"] = metrics["votes"]
    points = [(name, float(value), metrics["labels"]) for name, value in curves.items() if value is not None]
    before = metrics.get("classifier") or {}  # it was trained on no label of ours
    return [(name, float(before[name]), 0) for name in _CURVES if before.get(name) is not None] + points
