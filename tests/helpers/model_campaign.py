"""A small campaign up to training: a pool whose features know the class, and rounds of labels with a few mistakes."""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.records import LABELS, MANIFEST, NONE_OF_THESE, QUEUE, TAKEDOWNS, conform, empty
from silverprint.store import features, files, tables

DESCRIPTION = {"backbone": "b", "size": 32, "weights_sha256": "w", "blocks": {"final": 12, "middle": 20}}
EVALUATION, BUDGET, CONTROL = 60, 40, 10
NONE: Mapping = {}


def image_id(number: int) -> str:
    return hashlib.sha256(f"picture {number}".encode()).hexdigest()


def write_pool(params: Params, count: int = 300, noise: float = 1.0) -> dict[str, str]:
    """Manifest and features; returns the truth, image_id -> class."""
    classes = params.dataset.classes
    ids = [image_id(number) for number in range(count)]
    write_manifest(ids)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(len(classes), 32))
    kinds = np.arange(count) % len(classes)
    features.write_description(layout.EMBED, DESCRIPTION)
    features.append(layout.EMBED, ids, [(centres[kinds] + noise * rng.normal(size=(count, 32))).astype(np.float16)])
    return {name: classes[kind] for name, kind in zip(ids, kinds, strict=True)}


def write_manifest(ids: list[str], groups: Mapping[str, int] = NONE, reasons: Mapping[str, str] = NONE) -> None:
    rows = [
        {
            "image_id": name,
            "kept": name not in reasons,
            "reason": reasons.get(name),
            "group": groups.get(name, number),
            "source": "web",
            "format": "jpeg",
        }
        for number, name in enumerate(ids)
    ]
    manifest = conform(pl.DataFrame(rows, infer_schema_length=None), MANIFEST)
    tables.write(manifest.sort("image_id"), layout.MANIFEST, MANIFEST)


def write_labels(params: Params, truth: dict[str, str], upto: str, error: float = 0.05) -> pl.DataFrame:
    """What labels@r and gate@r write: evaluation pictures, then BUDGET pictures a round, CONTROL among them."""
    rng = np.random.default_rng(1)
    order = list(rng.permutation(sorted(truth)))
    rows = [_row(name, truth[name], "evaluation", params.chain[0]) for name in order[:EVALUATION]]
    at = EVALUATION
    for name in params.chain[: params.chain.index(upto) + 1]:
        for number, picture in enumerate(order[at : at + BUDGET]):
            wrong = rng.random() < error
            label = str(rng.choice(params.dataset.classes)) if wrong else truth[picture]
            rows.append(_row(picture, label, "control" if number < CONTROL else "train", name))
        at += BUDGET
        asked = [row for row in rows if row["round"] == name]
        told = {"strategy": pl.lit("margin"), "overlap": 2, "tier": pl.lit("crowd"), "show_prediction": False}
        queue = pl.DataFrame(asked).with_columns(rank=pl.int_range(1, len(asked) + 1), **told)
        queue = conform(queue, QUEUE)
        tables.write_ledger(queue, layout.queue(name), QUEUE, ["image_id"])
    rows[-1]["label"] = NONE_OF_THESE
    labels = conform(pl.DataFrame(rows), LABELS).sort("image_id")
    folder = layout.labels(upto)
    tables.write(labels, folder / "labels.parquet", LABELS)
    files.write_text(folder / "quality.json", json.dumps({"votes_total": 2 * labels.height}))
    gate = {"round": upto, "passed": True, "waived": [], "findings": []}
    files.write_text(layout.gate(upto), json.dumps(gate))
    return labels


def _row(picture: str, label: str, role: str, name: str) -> dict[str, object]:
    return {
        "image_id": picture, "label": label, "confidence": 1.0, "distribution": "{}", "n_votes": 2, "agreement": 1.0,
        "role": role, "round": name, "source": "human",
    }  # fmt: skip


def open_round(params: Params, name: str) -> None:
    prev = params.rounds[name].prev
    State(name, prev, "open", params.dataset.campaign, "s", "0" * 64, params.dataset.classes).save()


def withdraw(*ids: str) -> None:
    rows = empty(TAKEDOWNS)
    for name in ids:
        rows = rows.vstack(conform(pl.DataFrame([{"image_id": name, "target": name, "why": "asked"}]), TAKEDOWNS))
    tables.write_ledger(rows, layout.TAKEDOWNS, TAKEDOWNS, ["image_id"])
