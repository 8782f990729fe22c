"""Closing audit: the rounds' results against the truth. Printed for people; nothing is asserted here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.config import START
from silverprint.core.evaluation import weighted
from silverprint.demo import truth
from silverprint.demo.fashion import CLASSES
from silverprint.errors import UnavailableError
from silverprint.records import EVALUATION, NONE_OF_THESE
from silverprint.store import tables

Z95: Final = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """Right answers among n, with a 95 % interval (Wilson 1927)."""

    right: float
    n: float

    @property
    def value(self) -> float:
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        middle = (self.value + Z95**2 / (2 * self.n)) / (1 + Z95**2 / self.n)
        half = Z95 * sqrt(self.value * (1 - self.value) / self.n + Z95**2 / (4 * self.n**2)) / (1 + Z95**2 / self.n)
        return middle - half, middle + half


@dataclass(frozen=True)
class Row:
    """One round. Shares are None where nothing can be counted."""

    round: str
    labels: int  # pictures with a consensus label so far, NONE_OF_THESE among them
    foreign: int  # labels of these that are NONE_OF_THESE
    votes: int  # votes so far
    alpha: float | None  # Krippendorff's, over the round's votes
    consensus: Share | None  # consensus labels that are the truth
    evaluation: Mapping[str, Any] | None  # from metrics.json, against the evaluation set's consensus
    model: Share | None  # the model's predictions for the evaluation pictures that are the truth
    control: Mapping[str, Any] | None  # from metrics.json


def audit() -> None:
    """Prints one table of the finished rounds, and how the automatic labels fare.

    Raises:
        UnavailableError: no round is finished, or the truth was not built.
    """
    labels = truth.read()
    console = Console(highlight=False)
    audited = rows(labels)
    console.print(_table(audited))
    last = audited[-1]
    if last.foreign:
        console.print(f"{last.foreign} of {last.round}'s labels say {NONE_OF_THESE!r}: the report counts the others")
    console.print(_promise())
    silver = released_share(labels)
    if silver:
        low, high = silver.interval
        found = f"{silver.value:.1%} (95 % interval {low:.1%} to {high:.1%})"
        console.print(f"automatic labels in the release that are the truth: {found}")


def _promise() -> str:
    """What the release promised of its automatic labels and how many it gave; where there is none, that."""
    found = _json(layout.QUALITIES).get("automatic") if layout.QUALITIES.exists() else None
    if found is None:
        return "nothing was released yet"
    promise = f"promised {found['promised']:.1%} right with confidence {found['confidence']:g}"
    if not found["above"]:
        return f"no automatic labels: {promise}, which {found['audited']} audited pictures do not show"
    measured = f"{found['precision']:.1%} of {found['above']} audited ones ({found['low']:.1%} to {found['high']:.1%})"
    cover = f"{found['coverage']:.1%} of {found['pool']} pictures that nobody was asked about"
    return f"automatic labels: {promise}, measured {measured}; they cover {cover}"


def rows(labels: Mapping[str, str]) -> list[Row]:
    """The finished rounds, the first first.

    Args:
        labels: image_id -> what it shows.

    Raises:
        UnavailableError: no round is finished.
    """
    finished = [path.parent.name for path in layout.ROUNDS.glob("*/metrics.json") if path.parent.name != START]
    if not finished:
        raise UnavailableError(str(layout.ROUNDS), "no round is finished yet", "run: silverprint repro")
    return sorted((_row(name, labels) for name in finished), key=lambda row: (row.votes, row.round))


def released_share(labels: Mapping[str, str]) -> Share | None:
    """The released automatic labels that are the truth, over the pictures that nobody was asked about."""
    parts = sorted((layout.RELEASE / "parquet").glob("silver-*.parquet"))
    frames = [pl.read_parquet(part, columns=["image_id", "label"]) for part in parts]
    if not frames:
        return None
    table = pl.concat(frames)
    names = (CLASSES[value] if isinstance(value, int) else value for value in table["label"].to_list())
    return _right(zip(table["image_id"].to_list(), names, strict=True), labels)


def _row(name: str, labels: Mapping[str, str]) -> Row:
    quality = _json(layout.labels(name) / "quality.json")
    metrics = _json(layout.metrics(name))
    table = pl.read_parquet(layout.labels(name) / "labels.parquet", columns=["image_id", "label", "source"])
    consensus = table.filter(pl.col("source") == "human").drop("source")
    predicted = layout.model(name) / "evaluation.parquet"
    evaluation = tables.read(predicted, EVALUATION) if predicted.exists() else None
    return Row(
        name,
        quality["labels_total"],
        consensus.filter(label=NONE_OF_THESE).height,
        quality["votes_total"],
        quality["alpha_round"],
        _right(consensus.drop_nulls().iter_rows(), labels),
        metrics.get("evaluation"),
        _predicted_right(evaluation, labels) if evaluation is not None else None,
        metrics.get("control"),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document
    except FileNotFoundError:
        raise UnavailableError(str(path), "the output is not there", "run: dvc pull, or silverprint repro") from None


def _right(claims: Iterable[tuple[str, str]], labels: Mapping[str, str]) -> Share | None:
    known = [labels[image_id] == claim for image_id, claim in claims if image_id in labels]
    return Share(sum(known), len(known)) if known else None


def _predicted_right(evaluation: pl.DataFrame, labels: Mapping[str, str]) -> Share | None:
    """Of EVALUATION, by what the pictures stand for: then n is their effective number (Kish 1965)."""
    known = evaluation.filter(pl.col("image_id").is_in(list(labels)))
    said = known.select("image_id", "predicted")
    weights = weighted.weights_of(known)
    if weights is None:
        return _right(said.iter_rows(), labels)
    hits = np.array([labels[image_id] == claim for image_id, claim in said.iter_rows()])
    n = float(weights.sum() ** 2 / np.square(weights).sum())
    return Share(weighted.mean(hits, weights) * n, n)


def _table(audited: list[Row]) -> Table:
    """Fits 80 columns: each figure has its 95 % interval below it."""
    table = Table(
        title="The rounds against the truth",
        box=SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        padding=0,
    )
    headings = (
        "round", "labels", "votes", "agreement", "consensus\nvs truth", "model\nvs votes", "model\nvs truth",
        "k chosen / random\ngain",
    )  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "round" else "right", no_wrap=True)
    for row in audited:
        table.add_row(
            row.round,
            str(row.labels),
            str(row.votes),
            "-" if row.alpha is None else f"{row.alpha:.2f}",
            _share(row.consensus),
            _evaluation(row.evaluation),
            _share(row.model),
            _control(row.control),
            end_section=True,
        )
    return table


def _share(share: Share | None) -> str:
    return "-" if share is None else _interval(share.value, *share.interval)


def _evaluation(found: Mapping[str, Any] | None) -> str:
    return _interval(found["accuracy"], found["accuracy_low"], found["accuracy_high"]) if found else "-"


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%}\n{100 * low:.0f}–{100 * high:.0f}"


def _control(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "-"
    gain = f"{100 * found['gain']:+.1f} ({100 * found['gain_low']:.1f} to {100 * found['gain_high']:.1f})"
    return f"{found['k']}: {found['chosen']:.1%} / {found['random']:.1%}\n{gain}"
