"""Evaluations of rounds' models by the classes of today, whatever those were called when the model was trained."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.core.evaluation import accuracy, present_classes, weighted
from silverprint.core.evaluation.present_classes import in_present_classes, present_names, unique_names
from silverprint.core.votes.class_changes import Change, of_ledger
from silverprint.records import CLASS_CHANGES, EVALUATION, STOP_SET
from silverprint.store import json_files, model_card, tables

NAME = "evaluation.parquet"


def unseen(card: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of classes that came after the model of this card, the oldest first."""
    return tuple(change for change in _changes() if change.at not in card.get("class_changes", []))


def _changes() -> tuple[Change, ...]:
    if not layout.CLASS_CHANGES.exists():
        return ()
    lines = tables.read_ledger(layout.CLASS_CHANGES, CLASS_CHANGES).sort("at", "change", "before", nulls_last=True)
    return of_ledger(lines)


def known(card: dict[str, Any]) -> tuple[str, ...]:
    """The classes of the model of this card, by their present names; ended ones keep theirs."""
    return present_names(card["classes"], unseen(card))


def read(model: Path) -> pl.DataFrame:
    """EVALUATION of the model in this folder by the classes of today.

    Raises:
        UnavailableError: it is not there.
        DataError: it is not readable.
    """
    rows = tables.read(model / NAME, EVALUATION)
    if not _changes():
        return rows
    card = model_card.read(model)
    later = unseen(card)
    return in_present_classes(rows, card["classes"], later) if later else rows


def stop_set(model: Path) -> pl.DataFrame:
    """STOP_SET of the model in this folder by the classes of today."""
    rows = tables.read(model / "stop-set.parquet", STOP_SET)
    if not _changes():
        return rows
    card = model_card.read(model)
    return rows.with_columns(pl.col("predicted").replace(dict(zip(card["classes"], known(card), strict=True))))


def as_then(model: Path, labels: pl.Series) -> pl.Series:
    """Labels of today by the classes that the model in this folder knows."""
    card = model_card.read(model)
    return present_classes.as_then(labels, card["classes"], unseen(card))


def metrics(round_name: str, *keys: str) -> dict[str, Any]:
    """The figures of metrics.json, which has `keys`; accuracies by the classes of today, where those changed since and
    the model is on this disk: on fewer pictures if a class was split or retired, and `left_out` says how many.
    """
    path, model = layout.metrics(round_name), layout.model(round_name)
    found = json_files.read(path, *keys, remedy=f"run: git checkout {path}")
    if not _changes() or not (model / NAME).exists():
        return found
    card = model_card.read(model)
    later = unseen(card)
    if present_names(card["classes"], later) == tuple(card["classes"]):
        return found
    rows, columns = read(model), unique_names(card["classes"], later)
    probabilities = np.array(rows["probabilities"].to_list()).reshape(-1, len(columns))
    truth = np.array([columns.index(name) for name in rows["label"]], dtype=np.int64)
    weights = weighted.weights_of(rows)
    each = accuracy.per_class_accuracy(probabilities.argmax(axis=1), truth, columns, weights)
    overall = accuracy.overall_accuracy(probabilities, truth, weights)
    overall |= {"left_out": found["evaluation"]["n"] - rows.height}
    return found | {"evaluation": overall, "per_class": each}
