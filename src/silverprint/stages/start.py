"""start: the state before the first round: no labels, no model, nothing measured."""

import json
from typing import Any

from silverprint import layout
from silverprint.config import START, Params
from silverprint.records import LABELS, VOTES, empty
from silverprint.store import files, tables

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
    """Writes data/rounds/start: an empty labels folder, a model's card without a model, no metrics."""
    labels = layout.labels(START)
    tables.write(empty(LABELS), labels / "labels.parquet", LABELS)
    tables.write(empty(VOTES), labels / "votes.parquet", VOTES)
    files.write_text(labels / "quality.json", json.dumps(_QUALITY, indent=2, sort_keys=True) + "\n")
    files.write_text(layout.model(START) / "card.json", json.dumps({"model_id": None}, indent=2) + "\n")
    files.write_text(layout.metrics(START), "{}\n")
