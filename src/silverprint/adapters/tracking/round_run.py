"""MLflow run of a round: found by its tags and updated, created if it is not there."""

import re
import time
import warnings
from typing import TYPE_CHECKING, Any

import polars as pl

from silverprint import console, layout
from silverprint.adapters.tracking.client import Experiment
from silverprint.adapters.tracking.round_facts import RoundFacts
from silverprint.config import Params
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.evaluation.slices import confident_mistakes
from silverprint.core.votes.imported_labels import PREFIX
from silverprint.imaging.decode import decode_known
from silverprint.records import LABELS, MANIFEST
from silverprint.store import shown_pictures, tables
from silverprint.store.traces import drawn_names

if TYPE_CHECKING:
    from mlflow.entities import Run


def show_round(store: Experiment, params: Params, facts: RoundFacts) -> bool:
    """Brings the round's run up to date. False where it was."""
    run = store.find(kind="round", round=facts.name, campaign=params.dataset.campaign)
    if store.is_current(run, facts.digest):
        return False
    run_id = _run(store, run, facts)
    _log(store, run_id, facts)
    _log_dataset(store, run_id, params, facts)
    _log_figures(store, run_id, params, facts)
    store.close(run_id, facts.digest)
    return True


def flat_metrics(metrics: dict[str, Any], labelling: dict[str, float]) -> dict[str, float]:
    """A round's figures under the names that MLflow groups by their first part; what is null is left out.

    Args:
        labelling: round_facts.labelling.
    """
    found: dict[str, float | None] = dict(metrics["evaluation"])  # accuracy first: MLflow's comparison opens with it
    found |= {"evaluation_pictures": found.pop("n"), "votes": metrics["votes"]} | overview(metrics, labelling)
    found |= {_tidy(name): value for name, value in labelling.items()}
    found |= {f"control/{key}": value for key, value in (metrics.get("control") or {}).items()}
    found |= automatic_metrics(metrics) | classifier_metrics(metrics) | brought_metrics(metrics)
    for name, figures in (metrics.get("per_class") or {}).items():
        tidy = _tidy(name)
        found |= {f"{key}/{tidy}": value for key, value in figures.items()}
        for key, (low, high) in _class_intervals(figures).items():
            found |= {f"{key}_low/{tidy}": low, f"{key}_high/{tidy}": high}
    return {key: float(value) for key, value in found.items() if value is not None}


def overview(metrics: dict[str, Any], labelling: dict[str, float]) -> dict[str, float | None]:
    """The figures that a lead wants first.

    MLflow's page sorts groups of charts by ASCII and puts figures of no group last: a capital letter makes this group
    the first.
    """
    judged = ("accuracy", "balanced_accuracy", "ece")
    people = ("agreement", "gold", "unresolved_share")
    found = {name: metrics["evaluation"].get(name) for name in judged} | {name: labelling.get(name) for name in people}
    return {f"Overview/{name}": value for name, value in found.items()}


def automatic_metrics(metrics: dict[str, Any]) -> dict[str, float | None]:
    """The promise of the automatic labels, and what was measured; nothing where no release was made from the round."""
    figures = metrics.get("automatic") or {}
    found: dict[str, float | None] = {
        f"automatic/{key}": value for key, value in figures.items() if isinstance(value, int | float)
    }
    found |= {f"automatic/coverage_at_{share}": value for share, value in figures.get("coverage_at", {}).items()}
    for name, row in figures.get("classes", {}).items():
        found |= {f"automatic_{key}/{_tidy(name)}": row[key] for key in ("precision", "threshold") if key in row}
    return found


def classifier_metrics(metrics: dict[str, Any]) -> dict[str, float | None]:
    """Figures of the classifier that gave the first predictions; nothing where there was none."""
    figures = metrics.get("classifier") or {}
    return {f"classifier/{key}": value for key, value in figures.items() if key != "model_id"}


def brought_metrics(metrics: dict[str, Any]) -> dict[str, float | None]:
    """How many labels that sources brought the model learnt from, and the share of each source's that is right: as they
    came, and now that people corrected some. Nothing where no source was listened to.
    """
    figures = metrics.get("brought")
    if figures is None:
        return {}
    found: dict[str, float | None] = {"brought/trained_on": figures["trained_on"]}
    for name, row in figures["sources"].items():
        source = _tidy(name.removeprefix(PREFIX))
        keys = ("precision", "low", "high", "now", "now_low", "now_high", "labels", "corrected")
        found |= {f"brought_{key}/{source}": row.get(key) for key in keys}
    return found


def _tidy(name: str) -> str:
    """`name` in the characters that MLflow takes."""
    return re.sub(r"[^\w.\-/ ]", "_", name)


def _all_metrics(facts: RoundFacts) -> dict[str, float]:
    found = flat_metrics(facts.metrics, facts.labelling)
    for one in facts.slices:
        figures = {
            "accuracy": one.accuracy,
            "accuracy_low": one.low,
            "accuracy_high": one.high,
            "pictures": one.pictures,
        }
        found |= {_tidy(f"{one.kind}_{key}/{one.name}"): float(value) for key, value in figures.items()}
    return found


def _class_intervals(figures: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """95 % intervals (Wilson) of recall and, where the class was ever predicted rightly, of precision, of a round from
    before metrics.json had them.
    """
    if not figures["support"] or "recall_low" in figures:
        return {}
    hits = round(figures["recall"] * figures["support"])
    found = {"recall": wilson(hits, figures["support"])}
    if figures["precision"]:
        found["precision"] = wilson(hits, round(hits / figures["precision"]))
    return found


def _run(store: Experiment, run: "Run | None", facts: RoundFacts) -> str:
    """The run to write to. MLflow lets no parameter change, the number of labels among them: then it is replaced."""
    if run is not None and all(facts.params.get(key, value) == value for key, value in run.data.params.items()):
        return str(run.info.run_id)
    if run is not None:
        store.client.delete_run(run.info.run_id)
    return str(store.client.create_run(store.experiment, tags=facts.tags, run_name=facts.name).info.run_id)


def _log(store: Experiment, run_id: str, facts: RoundFacts) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now, step = int(time.time() * 1000), facts.metrics["labels"]  # the step puts the rounds on the campaign's curve
    source = f"silverprint repro train@{facts.name}"
    tags = facts.tags | {"mlflow.source.name": source, "mlflow.note.content": _note(facts)}
    store.client.log_batch(
        run_id,
        metrics=[Metric(key, value, now, step) for key, value in _all_metrics(facts).items()],
        params=[Param(key, value) for key, value in facts.params.items()],
        tags=[RunTag(key, value) for key, value in tags.items()],
    )


def _note(facts: RoundFacts) -> str:
    model = layout.model(facts.name)
    return (
        f"Model `{facts.metrics['model_id']}`: trained on {facts.metrics['labels']} labels after "
        f"{facts.metrics['votes']} votes. Weights are kept by DVC: `dvc pull {model}`."
    )


def _log_dataset(store: Experiment, run_id: str, params: Params, facts: RoundFacts) -> None:
    """The labels that the round was trained and judged on, by name and digest."""
    if facts.labels is None:
        return
    from mlflow import data
    from mlflow.entities import DatasetInput, InputTag

    frame = tables.read(facts.labels, LABELS).select(pl.exclude("distribution"))
    name = f"{params.dataset.name} labels {facts.name}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow finds two names for a file on this disk
        dataset = data.from_polars(frame, source=str(facts.labels), name=name, digest=facts.labels_digest)  # type: ignore[attr-defined]
    context = InputTag("mlflow.data.context", "training and evaluation")
    store.client.log_inputs(run_id, [DatasetInput(dataset._to_mlflow_entity(), [context])])


def _log_figures(store: Experiment, run_id: str, params: Params, facts: RoundFacts) -> None:
    if facts.evaluation is None:
        model = layout.model(facts.name)
        console.say(f"MLflow: {facts.name} has no figures, for its model is not here: dvc pull {model}")
        return
    if facts.evaluation.is_empty():
        return
    from silverprint.adapters.tracking import figures

    shown = {
        "confusion": figures.confusion_plot(facts.evaluation, _classes(params, facts.evaluation)),
        "reliability": figures.reliability_plot(facts.evaluation, facts.metrics["evaluation"]["ece"]),
    }
    judged = _for_everybody(facts.evaluation)
    sheets = {
        "hardest": figures.hardest_images(judged),
        "surest-mistakes": confident_mistakes(judged, figures.SHEET),
    }
    pictures = _pictures(params, pl.concat(sheets.values())["image_id"].unique().to_list())
    if pictures:
        shown |= {name: figures.image_sheet(rows, pictures) for name, rows in sheets.items() if not rows.is_empty()}
    for name, figure in shown.items():
        save: dict[str, Any] = {"dpi": 110}
        if name in sheets:  # so that a purge knows whom it shows
            save["metadata"] = {drawn_names.KEY: drawn_names.text_of(sheets[name]["image_id"])}
        store.client.log_figure(run_id, figure, f"figures/{name}.png", save_kwargs=save)


def _classes(params: Params, evaluation: pl.DataFrame) -> list[str]:
    """The dataset's, and behind them those that only an earlier model knew."""
    return list(dict.fromkeys([*params.dataset.classes, *evaluation["predicted"].unique().sort()]))


def _for_everybody(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of the pictures that everybody may see, as far as the manifest is on this disk."""
    if not layout.MANIFEST.exists():
        return rows
    few = tables.read(layout.MANIFEST, {name: MANIFEST[name] for name in ("image_id", "shown_to")})
    return rows.join(few.drop_nulls("shown_to"), on="image_id", how="anti", maintain_order="left")


def _pictures(params: Params, image_ids: list[str]) -> dict[str, Any]:
    """The decoded pictures; none where their shards were not pulled."""
    roots = [layout.raw(source) for source in params.sources]
    if not all(root.exists() for root in roots):
        return {}
    return {image_id: decode_known(data).pixels for image_id, data in shown_pictures.shown(params).read(image_ids)}
