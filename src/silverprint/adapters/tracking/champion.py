"""Champion: the model with the alias `best` in the registry, which moves only for a gain that is more than chance."""

import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from silverprint import console, layout
from silverprint.adapters.tracking import served_model
from silverprint.adapters.tracking.client import Experiment
from silverprint.config import Params
from silverprint.core.evaluation.champion import Challenge, challenges, champion
from silverprint.store import evaluations

_ALIAS = "best"
_FOLDER = "model"  # of the round's run, where the registered copy lies


def show_best(store: Experiment, params: Params, figures: dict[str, dict[str, Any]]) -> None:
    """Registers the champion's model and gives it the alias; says what became of the last round's challenge.

    Where a model's predictions are not on this disk nobody can judge it: then the alias stays as it is.

    Args:
        figures: round -> its metrics, in the order of the rounds.
    """
    judged = [name for name in figures if figures[name]["evaluation"]["n"]]
    absent = [name for name in judged if not _path(name).exists()]
    if absent:
        way = f"dvc pull {layout.model(absent[0])}"
        console.say(f"MLflow: the alias {_ALIAS} stays as it is, for the model of {absent[0]} is not here: {way}")
        return
    judgements = {name: rows for name in judged if not (rows := _predictions(name)).is_empty()}
    if not judgements:
        return
    found = challenges(judgements)
    best = champion(next(iter(judgements)), found)
    version = _version(store, params, best, figures[best]["model_id"])
    store.client.set_registered_model_alias(params.dataset.name, _ALIAS, version)
    if found:
        console.say(f"MLflow: {_outcome(found[-1])}")


def _path(name: str) -> Path:
    return layout.model(name) / "evaluation.parquet"


def _predictions(name: str) -> pl.DataFrame:
    return evaluations.read(layout.model(name))


def _outcome(last: Challenge) -> str:
    if last.gain is None:
        return f"{_ALIAS} stays {last.champion}: {last.round} was judged on other evaluation pictures"
    value, low, high = (100 * part for part in last.gain.accuracy)
    interval = f"95 % interval {low:+.1f} to {high:+.1f}"
    said = f"{value:+.1f} points on {last.pictures:,} evaluation pictures ({interval})"
    if last.won:
        return f"{_ALIAS} is {last.round}: {said} over {last.champion}, more than chance"
    why = f"{said} may be chance" if value > 0 else f"{said} are no gain"
    return f"{_ALIAS} stays {last.champion}: {last.round}'s {why}"


def _version(store: Experiment, params: Params, name: str, model_id: str) -> str:
    """The registered version of a model: a copy that `mlflow.pyfunc.load_model` reads, beside the round's figures.

    Its weights are kept by DVC all the same. Where the round has no run, or something is lacking that the copy needs,
    its source is where DVC keeps them.
    """
    client, dataset = store.client, params.dataset.name
    if not client.search_registered_models(f"name = '{dataset}'"):
        client.create_registered_model(dataset, description="The best round's classifier. Its weights are kept by DVC.")
    run = store.find(kind="round", round=name, campaign=params.dataset.campaign)
    path = layout.model(name)
    source = f"dvc://{path}"  # a scheme of its own: MLflow refuses a plain path outside its folders
    copied = run is not None and served_model.can_be_made(params, name)
    if run is not None and copied:
        source = f"{run.info.artifact_uri}/{_FOLDER}"
    for known in client.search_model_versions(f"name = '{dataset}'"):
        if known.tags.get("silverprint.model_id") == model_id and (known.source == source or not copied):
            return str(known.version)
    if run is not None and copied:
        with tempfile.TemporaryDirectory() as folder:
            served_model.write(Path(folder) / _FOLDER, params, name)
            client.log_artifacts(run.info.run_id, str(Path(folder) / _FOLDER), _FOLDER)
    made = client.create_model_version(
        dataset,
        source=source,
        run_id=run.info.run_id if run else None,
        tags={"silverprint.model_id": model_id, "silverprint.round": name, "dvc.path": str(path)},
        description=f"Round {name}. Get it by: dvc pull {path}",
    )
    return str(made.version)
