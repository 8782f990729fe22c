"""start: the state before the first round: no labels, nothing measured, and no model but a classifier that was there.

`classifiers` in params.yaml may name one: another system, the backbone's own classes, or its text side. Its predictions
are to the first round what a model's are to the others. Nobody believes them unmeasured: train@r judges them with the
first model.
"""

import hashlib
import json
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import console, layout
from silverprint.adapters import prediction_table
from silverprint.adapters.prediction_table import Predictions
from silverprint.campaign import round_state
from silverprint.config import START, ImagenetClassifier, Params, TableClassifier, ZeroShotClassifier
from silverprint.core import half_precision
from silverprint.core.first_predictions import matched
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import LABELS, MANIFEST, RAW, VOTES, empty
from silverprint.store import files, model_card, scores, tables
from silverprint.store.features import Features

_QUALITY: dict[str, Any] = {
    "votes_round": 0,
    "votes_total": 0,
    "labels_total": 0,
    "alpha_round": None,
    "unresolved": 0,
    "unresolved_share": 0.0,
    "by_role": {},
}


def run(params: Params) -> None:
    """Writes data/rounds/start: an empty labels folder, a model's folder, no metrics.

    The latter has a card, of no model where there is no classifier; else scores.parquet and probabilities.npy, as
    score@r has them, of the kept pictures that are predicted. It stays as it is once people are asked in round one.

    Raises:
        UnavailableError: the table of predictions, the backbone's weights, or an output is not there.
        ConfigError: the table is another one than params.yaml says, or open_clip cannot read texts for the backbone.
        DataError: it cannot be understood, or predicts no kept picture.
    """
    if params.classifiers:
        missing_outputs.require_pulled(layout.model(START), layout.CLEAN, layout.EMBED)
    labels = layout.labels(START)
    tables.write(empty(LABELS), labels / "labels.parquet", LABELS)
    tables.write(empty(VOTES), labels / "votes.parquet", VOTES)
    files.write_text(labels / "quality.json", json.dumps(_QUALITY, indent=2, sort_keys=True) + "\n")
    files.write_text(layout.metrics(START), "{}\n")
    if _is_sealed(params):
        _say_sealed(params)
    elif params.classifiers:
        _predict(params)
    else:
        with files.replacing_folder(layout.model(START)) as folder:
            files.write_text(folder / model_card.NAME, json.dumps({"model_id": None}, indent=2) + "\n")


def _is_sealed(params: Params) -> bool:
    """Whether the first round's queue, which names these predictions, is final."""
    opened = any(round_state.is_opened(name) for name in params.chain[:1])
    return opened and (layout.model(START) / model_card.NAME).exists()


def _say_sealed(params: Params) -> None:
    there = model_card.read(layout.model(START)).get("classifier")
    if there != _described(params):
        was = f"those of {there['name']}" if there else "none"
        rule = f"people are asked in {params.chain[0]} already: its first predictions stay as they are, {was}"
        console.say(f"start: `classifiers` changes nothing: {rule}")


def _described(params: Params) -> dict[str, Any] | None:
    """What the predictions come from, for the card; a table's path may differ from machine to machine."""
    for name, classifier in params.classifiers.items():
        knobs = {key: value for key, value in vars(classifier).items() if key != "path"}
        words = {word: list(said) for word, said in classifier.classes.items()}
        if isinstance(classifier, ZeroShotClassifier):
            knobs["templates"] = list(classifier.templates)
        return {"name": name, **knobs, "classes": words}
    return None


def _predict(params: Params) -> None:
    ((name, classifier),) = params.classifiers.items()
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].sort()
    if isinstance(classifier, TableClassifier):
        predicted, probabilities = _of_table(params, name, classifier, kept)
    elif isinstance(classifier, ImagenetClassifier):
        predicted, probabilities = kept, _of_imagenet(params, classifier, kept)
    else:
        predicted, probabilities = kept, _of_texts(params, classifier, kept)
    _write(params, name, predicted, probabilities)
    said = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    never = [known for known, count in zip(params.dataset.classes, said, strict=True) if not count]
    without = f"; of no picture it says {', '.join(never)}" if never else ""
    console.say(f"start: {name} predicts {len(predicted)} of {len(kept)} kept pictures{without}")


def _of_imagenet(params: Params, classifier: ImagenetClassifier, kept: pl.Series) -> NDArray[np.float32]:
    from silverprint.model import imagenet

    return imagenet.predict(classifier, Features(layout.EMBED), kept, params.dataset.classes)


def _of_texts(params: Params, classifier: ZeroShotClassifier, kept: pl.Series) -> NDArray[np.float32]:
    from silverprint.model import zero_shot

    return zero_shot.predict(classifier, params, Features(layout.EMBED), kept)


def _of_table(
    params: Params, name: str, classifier: TableClassifier, kept: pl.Series
) -> tuple[pl.Series, NDArray[np.float32]]:
    """The kept pictures that are predicted, sorted, and their probabilities."""
    found = prediction_table.read(name, classifier, params.dataset.classes)
    raw = pl.concat([tables.read_parts(layout.raw(source), RAW).select("image_id", "url") for source in params.sources])
    rows = matched(found.pictures, raw)
    _say_left_out(name, found, rows)
    used = rows.drop_nulls().unique("image_id", keep="last", maintain_order=True)
    used = used.filter(pl.col("image_id").is_in(kept.implode())).sort("image_id")
    if used.is_empty():
        value = f"classifiers.{name}: {len(found.pictures)} predictions, the first of {found.pictures[0][:80]!r}"
        rule = "none is of a kept picture"
        raise DataError(value, rule, "name pictures by image_id (SHA-256 of the bytes), or by address as `trace` shows")
    return used["image_id"], found.probabilities[used["row"].to_numpy()]


def _say_left_out(name: str, found: Predictions, rows: pl.DataFrame) -> None:
    """A line for each kind of row that predicts nothing here."""
    if found.unused:
        console.say(f"start: {name} has columns that are not used: {', '.join(found.unused)}")
    if found.faults:
        console.say(f"start: {found.faults} rows of {name} cannot be read, the first in {found.first_fault}")
    if found.other:
        words = ", ".join(f"{word} ({count})" for word, count in found.other.most_common(5))
        console.say(f"start: {found.other.total()} predictions of {name} are of none of the classes: {words}")
    unknown = rows.filter(pl.col("image_id").is_null())
    if unknown.height:
        first = found.pictures[unknown["row"][0]][:80]
        console.say(f"start: {unknown.height} predictions of {name} are of pictures that are not here: {first} …")
    twice = rows["image_id"].drop_nulls()
    if twice.n_unique() < len(twice):
        again = len(twice) - twice.n_unique()
        console.say(f"start: {name} predicts pictures twice; of each the last row counts, {again} others do not")


def _write(params: Params, name: str, image_ids: pl.Series, probabilities: NDArray[np.float32]) -> None:
    halves = half_precision.to_half(probabilities)[None]
    classes = params.dataset.classes
    digest = hashlib.sha256("".join(image_ids).encode() + halves.tobytes()).hexdigest()
    card = {
        "model_id": f"{name}-{digest[:10]}",
        "round": START,
        "classes": list(classes),
        "trained_on": [],
        "features": {},
        "classifier": _described(params),
    }
    with files.replacing_folder(layout.model(START)) as folder:
        scores.write(folder, scores.of(image_ids, halves, classes, str(card["model_id"])), halves)
        files.write_text(folder / model_card.NAME, json.dumps(card, indent=2, sort_keys=True) + "\n")
