"""A small finished campaign on disk, made in a second: real JPEGs in real shards, made-up votes and figures."""

import hashlib
import json
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from silverprint import layout
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.votes import gold_answers
from silverprint.demo import fashion
from silverprint.records import (
    ANNOTATORS,
    ASKS,
    EVALUATION,
    GOLD_ANSWERS,
    LABELS,
    MANIFEST,
    NONE_OF_THESE,
    QUEUE,
    UNSURE,
    VOTES,
    empty,
)
from silverprint.store import ShardWriter, files, tables

PEOPLE = ("studio-2", "studio-3", "studio-4")
ERRORS = (0.10, 0.15, 0.30)
EVALUATED, BUDGET = 40, 24
ACCURACY = {"r01": 0.62, "r02": 0.74, "r03": 0.79}
DIRT = {"undecodable": 5, "near-duplicate": 9, "license-unknown": 6, "too-small": 3, "flat": 2, "withdrawn": 1}
FLAGS = {150: "text-like:12", 151: "text-like:7 off-topic:7.3", 152: "off-topic:6.004"}  # by number; these are kept


def build(params: Params, *, rounds: int = 3, pictures: int = 220) -> dict[str, str]:
    """Fills data/ of the working directory; returns the truth, image_id -> class."""
    rng = np.random.default_rng(3)
    truth = _acquire(params, rng, pictures)
    asked: list[pl.DataFrame] = []
    votes = empty(VOTES)
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].to_list()
    pool = list(rng.permutation(kept))
    for number, name in enumerate(params.chain[:rounds]):
        queue = _queue(params, name, pool, truth, rng, first=number == 0)
        asked.append(queue)
        fresh = _votes(params, name, queue, truth, rng)
        votes = pl.concat([votes, fresh])
        tables.write_ledger(queue, layout.queue(name), QUEUE, ["rank"])
        tables.write_ledger(fresh, layout.votes(name), VOTES, ["image_id", "annotator"])
        tables.write_ledger(empty(ASKS), layout.asks(name), ASKS, ["image_id"])
        _labels(name, asked, votes)
        _round(params, name, number, truth, asked, votes)
    return truth


def _acquire(params: Params, rng: np.random.Generator, pictures: int) -> dict[str, str]:
    truth: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    licenses = ["CC-BY-4.0", "CC0-1.0", "MIT"]
    reasons = [reason for reason, n in DIRT.items() for _ in range(n)]
    writers = {source: ShardWriter(layout.raw(source)) for source in params.sources}
    for number in range(pictures):
        reason = reasons[number] if number < len(reasons) else None
        data, label = jpeg(number, reason), fashion.labels()[number]
        image_id = hashlib.sha256(data).hexdigest()
        source = "partner" if number % 5 == 4 else "web"
        license_name = None if reason == "license-unknown" else licenses[number % 3]
        row = {
            "image_id": image_id,
            "outcome": "stored",
            "url": f"http://shop.example/{number:05d}.jpg",
            "page_url": f"http://shop.example/product/{number:05d}" if source == "web" else None,
            "source": source,
            "fetched_at": "2025-01-01T00:00:00Z",
            "robots": "allowed" if source == "web" else "n/a",
            "license": license_name,
            "license_evidence": "rel-license" if license_name else None,
            "format": "jpeg",
        }
        writers[source].add(row, data)
        size = (None, None) if reason == "undecodable" else (128, 128)
        facts = {"kept": reason is None, "reason": reason, "evidence": evidence(number, reason), "group": number}
        rows.append({**row, **facts, "flags": FLAGS.get(number), "width": size[0], "height": size[1]})
        truth[image_id] = label
    for reason, n in (("robots", 7), ("http-404", 4), ("not-an-image", 2)):
        for number in range(n):
            outcome = "refused" if reason == "robots" else "failed"
            address = f"http://shop.example/{reason}/{number}"
            writers["web"].add({"outcome": outcome, "reason": reason, "url": address, "source": "web"})
    for writer in writers.values():
        writer.finish()
    tables.write(pl.DataFrame(rows, schema_overrides=MANIFEST).sort("image_id"), layout.MANIFEST, MANIFEST)
    return truth


def evidence(number: int, reason: str | None) -> str | None:
    """As `clean` writes it."""
    kept = hashlib.sha256(jpeg(100 + number)).hexdigest()
    told = {
        "undecodable": "truncated", "near-duplicate": kept, "license-unknown": "unknown", "too-small": "20x20",
        "flat": "0.0", "withdrawn": f"http://shop.example/{number:05d}.jpg",
    }  # fmt: skip
    return told[reason] if reason else None


def jpeg(number: int, reason: str | None = None) -> bytes:
    """A real photograph of a garment, broken as `reason` says."""
    tile = Image.fromarray(255 - fashion.tiles()[number])
    if reason == "flat":
        tile = Image.new("L", (128, 128), 200 + number)
    side = 20 if reason == "too-small" else 128
    buffer = BytesIO()
    tile.resize((side, side), Image.Resampling.LANCZOS).convert("RGB").save(buffer, "JPEG", quality=90)
    data = buffer.getvalue()
    return data[: len(data) // 2] if reason == "undecodable" else data


def _queue(
    params: Params, name: str, pool: list[str], truth: dict[str, str], rng: np.random.Generator, first: bool
) -> pl.DataFrame:
    control = round(BUDGET * params.rounds[name].control)
    roles = ["control"] * control + ["train"] * (BUDGET - control) + ["evaluation"] * (EVALUATED if first else 0)
    chosen = [pool.pop() for _ in roles]
    rows = []
    for rank, (role, image_id) in enumerate(zip(rng.permutation(roles), chosen, strict=True), start=1):
        guess = truth[image_id] if rng.random() < 0.6 else str(rng.choice(params.dataset.classes))
        rows.append(
            {
                "image_id": image_id,
                "rank": rank,
                "role": role,
                "strategy": params.rounds[name].strategy if role == "train" else "random",
                "predicted": None if first else guess,
                "confidence": None if first else round(float(rng.uniform(0.3, 0.9)), 4),
                "model_id": None if first else "m",
                "seed": params.seed,
                "overlap": 3 if role == "evaluation" else 2,
                "tier": "crowd",
                "show_prediction": False,
                "why": f"Chosen for the report, number {rank}.",
                "max_overlap": 3 if role == "train" and name == "r02" else None,
                "until": 0.9 if role == "train" and name == "r02" else None,
            }
        )
    return pl.DataFrame(rows, schema=QUEUE)


def _votes(
    params: Params, name: str, queue: pl.DataFrame, truth: dict[str, str], rng: np.random.Generator
) -> pl.DataFrame:
    rows = []
    for picture in queue.iter_rows(named=True):
        for person in rng.choice(len(PEOPLE), picture["overlap"], replace=False):
            choice = truth[picture["image_id"]]
            if rng.random() < ERRORS[person]:
                choice = str(rng.choice([*params.dataset.classes, NONE_OF_THESE, UNSURE]))
            rows.append(
                {
                    "image_id": picture["image_id"],
                    "round": name,
                    "annotator": PEOPLE[person],
                    "choice": choice,
                    "status": "unsure" if choice == UNSURE else "valid",
                    "lead_time_s": round(float(rng.uniform(1, 5)), 2),
                    "created_at": "2025-01-02T00:00:00Z",
                    "annotation_id": len(rows) + 1,
                }
            )
    return pl.DataFrame(rows, schema_overrides=VOTES).select(
        pl.col(column).cast(dtype) if column in rows[0] else pl.lit(None, dtype).alias(column)
        for column, dtype in VOTES.items()
    )


def _labels(name: str, asked: list[pl.DataFrame], votes: pl.DataFrame) -> None:
    rows = []
    for number, queue in enumerate(asked, start=1):
        for picture in queue.iter_rows(named=True):
            choices = votes.filter((pl.col("image_id") == picture["image_id"]) & (pl.col("status") == "valid"))[
                "choice"
            ]
            shares = dict(
                choices.value_counts(normalize=True).sort("proportion", "choice", descending=[True, False]).iter_rows()
            )
            n = len(choices)
            pairs = sum(round(share * n) * (round(share * n) - 1) for share in shares.values())
            rows.append(
                {
                    "image_id": picture["image_id"],
                    "label": next(iter(shares), None),
                    "confidence": max(shares.values(), default=0.0),
                    "distribution": json.dumps(shares, sort_keys=True),
                    "n_votes": n,
                    "agreement": pairs / (n * (n - 1)) if n > 1 else None,
                    "role": picture["role"],
                    "round": f"r{number:02d}",
                    "source": "human",
                }
            )
    folder = layout.labels(name)
    tables.write(pl.DataFrame(rows, schema=LABELS).sort("image_id"), folder / "labels.parquet", LABELS)
    tables.write(votes.sort("image_id", "annotator"), folder / "votes.parquet", VOTES)
    people = [
        {
            "annotator": who,
            "votes": votes.filter(pl.col("annotator") == who).height,
            "abstained": 2,
            "agreement": 0.98 - rate,
            "median_lead_time_s": 2.4,
            "state": "retired" if who == PEOPLE[-1] else "active",
            "accuracy": 0.98 - rate,
            "low": 0.9 - rate,
            "high": 0.99 - rate / 2,
            "suspicion": "spammer" if who == PEOPLE[-1] else None,
        }
        for who, rate in zip(PEOPLE, ERRORS, strict=True)
    ]
    tables.write(pl.DataFrame(people, schema=ANNOTATORS), folder / "annotators.parquet", ANNOTATORS)
    quality = {
        "alpha_round": 0.7,
        "by_role": {"evaluation": {"agreement": 0.8}},
        "gold": gold_answers.gold_figures(empty(GOLD_ANSWERS), name),
    }
    files.write_text(folder / "quality.json", json.dumps(quality))


def _round(
    params: Params, name: str, number: int, truth: dict[str, str], asked: list[pl.DataFrame], votes: pl.DataFrame
) -> None:
    """The round's model folder, metrics, gate and state."""
    classes = list(params.dataset.classes)
    labels = tables.read(layout.labels(name) / "labels.parquet", LABELS)
    tested = labels.filter((pl.col("role") == "evaluation") & pl.col("label").is_in(classes))
    rows = []
    for place, picture in enumerate(tested.iter_rows(named=True)):
        wrong = place >= ACCURACY[name] * tested.height
        predicted = classes[(classes.index(picture["label"]) + 6) % 10] if wrong else picture["label"]
        chances = [0.91 if c == predicted else 0.01 for c in classes]
        rows.append(
            {
                "image_id": picture["image_id"],
                "label": picture["label"],
                "predicted": predicted,
                "confidence": 0.91,
                "probabilities": chances,
                "weight": None,
            }
        )
    evaluation = pl.DataFrame(rows, schema=EVALUATION)
    model = layout.model(name)
    tables.write(evaluation, model / "evaluation.parquet", EVALUATION)
    files.write_text(
        model / "card.json",
        json.dumps({"model_id": f"{name}-0123456789", "trained_on": [], "classes": classes, "features": {}}),
    )
    right = int((evaluation["label"] == evaluation["predicted"]).sum())
    low, high = wilson(right, len(rows))
    share = right / len(rows)
    measured = {
        "n": len(rows),
        "accuracy": share,
        "accuracy_low": low,
        "accuracy_high": high,
        "balanced_accuracy": share - 0.01,
        "ece": 0.06,
        "log_loss": 0.7,
    }
    control = {
        "k": 5,
        "chosen": share - 0.01,
        "random": share - 0.04,
        "gain": 0.03,
        "gain_low": -0.01,
        "gain_high": 0.07,
    }
    per_class = {
        c: {"precision": 0.8, "recall": 0.75, "f1": 0.774, "support": evaluation.filter(pl.col("label") == c).height}
        for c in classes
    }
    document = {
        "round": name,
        "model_id": f"{name}-0123456789",
        "labels": BUDGET * (number + 1),
        "votes": votes.height,
        "evaluation": measured,
        "per_class": per_class,
        "control": control if number else None,
    }
    files.write_text(layout.metrics(name), json.dumps(document))
    finding = {
        "expectation": "expect_column_values_to_be_in_set",
        "column": "label",
        "severity": "critical",
        "success": True,
        "observed": "",
    }
    files.write_text(
        layout.gate(name), json.dumps({"round": name, "passed": True, "waived": [], "findings": [finding]})
    )
    State(name, params.rounds[name].prev, "closed", params.dataset.campaign, "s", "0" * 64, tuple(classes)).save()
