"""A small synthetic campaign on disk: a manifest, features, scores, and people who answer."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers, round_state
from silverprint.config import Evaluation, Params, Round
from silverprint.core import half_precision
from silverprint.core.votes import vote_ledger
from silverprint.records import LABELS, MANIFEST, SCORES, TAKEDOWNS, UNSURE, VOTES, conform, empty
from silverprint.store import features, files, tables

LEDGER_ORDER = ["image_id", "annotator", "created_at", "annotation_id", "choice"]


def image_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def small(params: Params, *, budget: int = 10, evaluation: int = 6, rounds: int = 3, **changes: object) -> Params:
    """`params` with few pictures a round, r01 by maxherding and the others by margin."""
    chain = {}
    for number in range(1, rounds + 1):
        prev = "start" if number == 1 else f"r{number - 1:02d}"
        strategy = "maxherding" if number == 1 else "margin"
        entry = Round(prev=prev, strategy=strategy, budget=budget, control=0.2, overlap=2)
        chain[f"r{number:02d}"] = replace(entry, **changes)
    return replace(params, rounds=chain, last=f"r{rounds:02d}", evaluation=Evaluation(size=evaluation, overlap=3))


def write_pool(count: int = 60, groups: int | None = None, rejected: int = 0) -> pl.DataFrame:
    """A manifest of `count` kept pictures in `groups` groups (each its own by default) and `rejected` others."""
    total = count + rejected
    manifest = pl.DataFrame(
        {
            "image_id": [image_id(n) for n in range(total)],
            "kept": [n < count for n in range(total)],
            "reason": [None if n < count else "blurred" for n in range(total)],
            "group": [n % (groups or total) for n in range(total)],
        }
    ).sort("image_id")
    tables.write(conform(manifest, MANIFEST), layout.MANIFEST, MANIFEST)
    description = {"backbone": "b", "size": 1, "weights_sha256": "w", "blocks": {"final": 3, "middle": 5}}
    features.write_description(layout.EMBED, description)
    rows = np.random.default_rng(0).normal(size=(total, 8)).astype(np.float16)
    features.append(layout.EMBED, [image_id(n) for n in range(total)], [rows])
    return manifest


def write_scores(params: Params, name: str, *, model: bool) -> None:
    """What score@r writes: every kept picture; probabilities where there is a model."""
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept").sort("image_id")
    classes = params.dataset.classes
    scores = pl.DataFrame({"image_id": kept["image_id"]})
    if model:
        weights = np.random.default_rng(len(name)).random((5, kept.height, len(classes))).astype(np.float32)
        probabilities = weights / weights.sum(axis=-1, keepdims=True)
        layout.score(name).mkdir(parents=True, exist_ok=True)
        np.save(layout.score(name) / "probabilities.npy", half_precision.to_half(probabilities))
        card = {"model_id": "m-1", "classes": list(classes), "trained_on": [], "features": {}}
        files.write_text(layout.model(params.rounds[name].prev) / "card.json", json.dumps(card))
        mean = probabilities.mean(axis=0)
        scores = scores.with_columns(
            model_id=pl.lit("m-1"),
            predicted=pl.Series([classes[i] for i in mean.argmax(axis=1)]),
            confidence=pl.Series(mean.max(axis=1)),
        )
    tables.write(scores, layout.score(name) / "scores.parquet", SCORES)


def write_start() -> None:
    tables.write(empty(LABELS), layout.labels("start") / "labels.parquet", LABELS)
    tables.write(empty(VOTES), layout.labels("start") / "votes.parquet", VOTES)


def answer(params: Params, name: str, choice=None) -> pl.DataFrame:
    """Writes votes.csv: as many people as were asked say `choice(number, person)`, by default all the same class."""
    rows = []
    for row in ledgers.queue(name).to_dicts():
        for person in range(row["overlap"]):
            said = choice(row["rank"], person) if choice else params.dataset.classes[row["rank"] % 3]
            rows.append(
                {
                    "image_id": row["image_id"],
                    "round": name,
                    "annotator": f"s-{person}",
                    "choice": said,
                    "status": vote_ledger.choice_status(said, params.dataset.classes),
                    "lead_time_s": 2.0 + person,
                    "created_at": "2024-01-01T00:00:00Z",
                    "annotation_id": len(rows) + 1,
                }
            )
    votes = pl.DataFrame(rows, schema={k: t for k, t in VOTES.items() if k != "shown_prediction"})
    tables.write_ledger(votes, layout.votes(name), VOTES, LEDGER_ORDER)
    return votes


def mostly_unsure(rank: int, person: int) -> str:
    return UNSURE if rank % 2 else ("coat", "bag")[rank // 2 % 2]


def open_round(params: Params, name: str) -> None:
    round_state.State(
        round=name,
        prev=params.rounds[name].prev,
        status="open",
        campaign=params.dataset.campaign,
        server="s",
        queue_sha256=ledgers.sha256(layout.queue(name)),
        classes=params.dataset.classes,
    ).save()


def withdraw(*image_ids: str) -> None:
    rows = pl.DataFrame({"image_id": image_ids, "target": image_ids, "why": "asked", "at": "2024-01-01"})
    tables.write_ledger(rows, layout.TAKEDOWNS, TAKEDOWNS, ["image_id"])
