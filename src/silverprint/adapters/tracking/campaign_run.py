"""Campaign as one MLflow run, whose metrics step by the number of labels: the page draws the learning curve."""

import hashlib
import json
import time
from typing import Any

from silverprint import layout
from silverprint.adapters.tracking.client import Experiment
from silverprint.adapters.tracking.round_run import automatic_metrics

_CURVES = ("accuracy", "accuracy_low", "accuracy_high", "balanced_accuracy", "ece", "log_loss")
_ALIAS = "best"


def show_campaign(store: Experiment, campaign: str, figures: dict[str, dict[str, Any]]) -> None:
    """Draws the campaign's run anew if a figure changed: a point that moved must not leave its old place behind.

    Args:
        figures: round -> its metrics, in the order of the rounds.
    """
    from mlflow.entities import Metric

    points = [point for metrics in figures.values() for point in _points(metrics)]
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


def _points(metrics: dict[str, Any]) -> list[tuple[str, float, int]]:
    curves = {name: metrics["evaluation"].get(name) for name in _CURVES}
    curves |= {f"control/{name}": value for name, value in (metrics.get("control") or {}).items()}
    curves |= automatic_metrics(metrics)
    curves["votes"] = metrics["votes"]
    return [(name, float(value), metrics["labels"]) for name, value in curves.items() if value is not None]


def show_best(store: Experiment, dataset: str, campaign: str, figures: dict[str, dict[str, Any]]) -> None:
    """Registers the most accurate round's model (the later one of equals) and gives it the alias `best`."""
    accuracy = {name: metrics["evaluation"]["accuracy"] for name, metrics in figures.items()}
    judged = [name for name in figures if accuracy[name] is not None]
    if not judged:
        return
    best = max(judged, key=lambda name: (accuracy[name], judged.index(name)))
    version = _version(store, dataset, campaign, best, figures[best]["model_id"])
    store.client.set_registered_model_alias(dataset, _ALIAS, version)


def _version(store: Experiment, dataset: str, campaign: str, name: str, model_id: str) -> str:
    """The registered version of a model; its source is where DVC keeps the weights."""
    client = store.client
    if not client.search_registered_models(f"name = '{dataset}'"):
        client.create_registered_model(dataset, description="The best round's classifier. Its weights are kept by DVC.")
    for known in client.search_model_versions(f"name = '{dataset}'"):
        if known.tags.get("silverprint.model_id") == model_id:
            return str(known.version)
    run = store.find(kind="round", round=name, campaign=campaign)
    path = layout.model(name)
    made = client.create_model_version(
        dataset,
        source=f"dvc://{path}",  # a scheme of its own: MLflow refuses a plain path outside its folders
        run_id=run.info.run_id if run else None,
        tags={"silverprint.model_id": model_id, "silverprint.round": name, "dvc.path": str(path)},
        description=f"Round {name}. Get it by: dvc pull {path}",
    )
    return str(made.version)
