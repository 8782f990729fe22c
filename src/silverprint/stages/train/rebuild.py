"""silverprint round rebuild: models of earlier rounds, learnt once more on the features at hand."""

from pathlib import Path

from silverprint import console, layout
from silverprint.campaign import round_comparison
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UsageError
from silverprint.records import EVALUATION, STOP_SET
from silverprint.stages.train.round_training import Train
from silverprint.store import model_card, tables
from silverprint.store.features import Features
from silverprint.store.files import replacing_folder


def run(params: Params, rounds: list[str]) -> None:
    """Writes var/rebuilt/<round> for each of `rounds`, or for every trained one, whose model learnt on other features.

    From the round's own labels, as `train` would today, with what it then says of the evaluation pictures. The model
    of its time, its figures and its queue stay as they are; comparisons use the new one in its place.

    Raises:
        UsageError: there is no such round, or it has no model yet.
        UnavailableError: an input was not pulled.
    """
    trained = [name for name in params.chain if layout.metrics(name).exists()]
    for name in rounds:
        round_comparison.require_trained(params, name, trained)
    chosen = [name for name in trained if name in rounds or not rounds]
    if not chosen:
        raise UsageError("no trained round", "there is no model to rebuild", "go on: silverprint repro")
    missing_outputs.require_pulled(layout.CLEAN, layout.EMBED, *(layout.labels(name) for name in chosen))
    present = Features(layout.EMBED).description
    for name in chosen:
        missing_outputs.require_pulled(layout.model(name))
        own = model_card.read(layout.model(name))
        if own["features"] == present:
            console.say(f"{name}: its model learnt on the features at hand already")
        else:
            _rebuild(params, name, own["model_id"])
    if len(trained) > 1:
        console.say(f"compare them: silverprint compare {trained[0]} {trained[-1]}")


def _rebuild(params: Params, name: str, own: str) -> None:
    """
    Args:
        own: model_id of the model of the round's time.
    """
    train = Train(params, name, keep_model=False)
    model, card, *_ = train.made(train.lesson())
    probabilities = model.predict(train.judged["image_id"].to_list()).mean(axis=0)
    predictions = train.predictions(probabilities)
    folder = layout.rebuilt(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(folder) as made:
        tables.write(predictions, made / "evaluation.parquet", EVALUATION)
        tables.write(train.stop_set(model), made / "stop-set.parquet", STOP_SET)
        model.save(made, card | {"rebuilt_from": own})
    before, now, backbone = _right(layout.model(name)), _right(folder), card["features"]["backbone"]
    console.say(f"{name}: the model of its time {before}, rebuilt on {backbone} {now}")


def _right(model: Path) -> str:
    rows = tables.read(model / "evaluation.parquet", EVALUATION)
    if rows.is_empty():
        return "nothing to judge it on"
    right = (rows["label"] == rows["predicted"]).sum() / rows.height
    return f"{right:.1%} right"
