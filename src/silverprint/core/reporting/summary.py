"""Counts that a page or a card shows, from the tables alone. Each returns a small frame in a stable order."""

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from silverprint.core.agreement import krippendorff_alpha, why_undefined
from silverprint.core.cleaning.rules import FLAGS, REASONS
from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.accuracy import share_right
from silverprint.core.reservations import NOTHING
from silverprint.core.votes.vote_ledger import ANSWERS

PROVENANCE = ("license", "license_evidence", "page_url", "fetched_at", "robots", "contract", "consent")
_GIVEN = ("contract", "consent")  # rights that only pictures given by somebody have, not those of the web


def rejections(manifest: pl.DataFrame) -> pl.DataFrame:
    """Why pictures were rejected, the commonest reason first: reason, pictures."""
    return (
        manifest.filter(~pl.col("kept"))
        .group_by("reason")
        .agg(pl.len().alias("pictures"))
        .sort("pictures", "reason", descending=[True, False])
    )


def rejection_counts(manifest: pl.DataFrame) -> dict[str, int]:
    """How many pictures each of REASONS rejected."""
    return dict.fromkeys(REASONS, 0) | dict(rejections(manifest).iter_rows())


def flag_counts(kept: pl.DataFrame) -> dict[str, int]:
    """How many of the kept pictures carry each of FLAGS."""
    return {name: int(kept["flags"].str.contains(rf"(^| ){name}:").sum()) for name in FLAGS}


def outcomes(raw: pl.DataFrame) -> pl.DataFrame:
    """What became of each source's addresses: source, addresses, stored, duplicate, refused, failed, purged."""
    kinds = ("stored", "duplicate", "refused", "failed", "purged")
    return (
        raw.group_by("source")
        .agg(pl.len().alias("addresses"), *((pl.col("outcome") == kind).sum().alias(kind) for kind in kinds))
        .sort("source")
    )


def not_stored_reasons(raw: pl.DataFrame) -> pl.DataFrame:
    """Why addresses gave no picture, the commonest first: source, outcome, reason, addresses."""
    return (
        raw.filter(pl.col("outcome").is_in(["refused", "failed"]))
        .group_by("source", "outcome", "reason")
        .agg(pl.len().alias("addresses"))
        .sort("source", "addresses", "reason", descending=[False, True, False])
    )


def reservations(raw: pl.DataFrame) -> pl.DataFrame:
    """What signals say of training, and what became of it, the commonest first.

    Returns:
        source, said (`content-signal:ai-train=no@robots.txt`), addresses, refused; a row for each thing said.
    """
    spoke = raw.filter(pl.col("reservation") != NOTHING).select(
        "source", "outcome", said=pl.col("reservation").str.split(" ")
    )
    return (
        spoke.explode("said")
        .group_by("source", "said")
        .agg(pl.len().alias("addresses"), (pl.col("outcome") == "refused").sum().alias("refused"))
        .sort("source", "addresses", "said", descending=[False, True, False])
    )


def provenance(manifest: pl.DataFrame) -> pl.DataFrame:
    """How completely each source's pictures say where they come from.

    Returns:
        source, pictures, kept, and for each column of PROVENANCE the share that has it, 0..1, of the pictures that can:
        robots of what was fetched from the web, contract and consent of the rest; null where none can.
    """
    given = pl.col("robots").eq_missing(pl.lit("n/a"))
    can = dict.fromkeys(PROVENANCE, pl.lit(True)) | {"robots": ~given} | dict.fromkeys(_GIVEN, given)
    filled = (pl.col(name).is_not_null().filter(can[name]).mean().alias(name) for name in PROVENANCE)
    return manifest.group_by("source").agg(pl.len().alias("pictures"), pl.col("kept").sum(), *filled).sort("source")


def licenses(rows: pl.DataFrame) -> pl.DataFrame:
    """Pictures per licence and source, the commonest first: license (null: unknown), source, pictures."""
    return (
        rows.group_by("license", "source")
        .agg(pl.len().alias("pictures"))
        .sort("pictures", "license", "source", descending=[True, False, False], nulls_last=True)
    )


def rounds(votes: pl.DataFrame, chain: Sequence[str], classes: Sequence[str]) -> list[dict[str, Any]]:
    """What people said in each round of `chain`, in its order.

    Returns:
        round, pictures (voted on), votes (that count), abstained, people, alpha (Krippendorff's, null where undefined),
        alpha_undefined (why: no-pair, no-variation; null where it is defined).
    """
    return [_round(votes.filter(pl.col("round") == name), name, classes) for name in chain]


def _round(votes: pl.DataFrame, name: str, classes: Sequence[str]) -> dict[str, Any]:
    answers = votes.filter(pl.col("status").is_in(ANSWERS))
    valid = answers.filter(pl.col("status") == "valid")
    alpha = krippendorff_alpha(valid, classes)
    return {
        "round": name,
        "pictures": answers["image_id"].n_unique(),
        "votes": valid.height,
        "abstained": answers.height - valid.height,
        "people": answers["annotator"].n_unique(),
        "alpha": None if math.isnan(alpha) else alpha,
        "alpha_undefined": why_undefined(valid, classes),
    }


def accuracy(evaluation: pl.DataFrame) -> dict[str, float] | None:
    """How often the model agrees with people: n, accuracy, low, high (95 %), 0..1, and `weighted`, 1 where they have
    weights; None without pictures.
    """
    if evaluation.is_empty():
        return None
    right = (evaluation["label"] == evaluation["predicted"]).to_numpy()
    weights = weighted.weights_of(evaluation)
    value, low, high = share_right(right, weights)
    return {"n": evaluation.height, "accuracy": value, "low": low, "high": high, "weighted": float(weights is not None)}


def confusion(evaluation: pl.DataFrame, classes: tuple[str, ...]) -> list[list[int]]:
    """Evaluation pictures by the people's label (row) and the model's (column), in the order of `classes`.

    Counts of pictures that people saw, whatever each stands for.
    """
    cells = {
        (label, predicted): n for label, predicted, n in evaluation.group_by("label", "predicted").len().iter_rows()
    }
    return [[cells.get((label, predicted), 0) for predicted in classes] for label in classes]


def confusion_shares(evaluation: pl.DataFrame, classes: tuple[str, ...]) -> list[list[float]]:
    """The same as shares of each row, 0..1, by what the pictures stand for; 0 where a row has no picture."""
    weights = weighted.weights_of(evaluation)
    rows = evaluation.with_columns(mass=pl.lit(1.0) if weights is None else pl.Series(weights))
    summed = rows.group_by("label", "predicted").agg(pl.col("mass").sum())
    masses = {(label, predicted): mass for label, predicted, mass in summed.iter_rows()}
    known = [[masses.get((label, predicted), 0.0) for predicted in classes] for label in classes]
    return [[mass / (sum(row) or 1.0) for mass in row] for row in known]


def commonest_mistakes(evaluation: pl.DataFrame, most: int) -> pl.DataFrame:
    """The commonest confusions, at most `most`, by what the pictures stand for: label (people), predicted (model),
    pictures, those that people saw.
    """
    mass = pl.col("weight").fill_null(1.0) if "weight" in evaluation.columns else pl.lit(1.0)
    return (
        evaluation.with_columns(mass=mass)
        .filter(pl.col("label") != pl.col("predicted"))
        .group_by("label", "predicted")
        .agg(pl.len().alias("pictures"), pl.col("mass").sum())
        .sort("mass", "label", "predicted", descending=[True, False, False])
        .drop("mass")
        .head(most)
    )
