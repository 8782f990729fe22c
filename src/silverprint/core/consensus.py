"""Consensus of votes: one label for each image. Methods share one contract and are named in METHODS."""

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from silverprint.core import agreement
from silverprint.errors import ConfigError
from silverprint.records import LABELS, Schema, conform

CONSENSUS: Final[Schema] = {
    name: LABELS[name] for name in ("image_id", "label", "confidence", "distribution", "n_votes", "agreement")
}


def consensus(votes: pl.DataFrame, method: str = "majority", *, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """One label per picture that anybody answered about.

    Args:
        votes: at least image_id, annotator, choice; of several answers by one person about one picture the latest
            counts (by created_at, annotation_id where there are such columns, else by row). 'unsure', empty answers and
            unknown classes abstain; 'not one of these' is a class.
        method: a name in METHODS.
        classes: the dataset's; None takes whatever was chosen as a class.

    Returns:
        image_id, label (null where all abstained), confidence (0..1; null without a label), distribution (JSON object,
        class -> share of the votes, keys sorted), n_votes, agreement (share of agreeing pairs of votes, null below two
        votes); sorted by image_id.

    Raises:
        ConfigError: no such method.
    """
    if method not in METHODS:
        known = ", ".join(sorted(METHODS))
        raise ConfigError(f"consensus method = {method!r}", "no such method", f"use one of: {known}")
    counted = agreement.counted_votes(votes, classes)
    count = len(classes) + 1 if classes is not None else counted["choice"].n_unique()
    table = (
        votes.select(pl.col("image_id").unique())
        .join(METHODS[method](counted, count), on="image_id", how="left")
        .join(_distributions(counted), on="image_id", how="left")
        .join(agreement.pairwise_agreement(counted), on="image_id", how="left")
        .with_columns(pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"))
    )
    return conform(table, CONSENSUS).sort("image_id")


def majority(votes: pl.DataFrame, classes: int) -> pl.DataFrame:
    """The class with the most votes.

    A tie goes to the class whose voters agree better with the others over all pictures; what is still a tie is decided
    by a hash of picture and class, so that no class is favoured.

    Confidence is the share of the votes, shrunk towards chance: (n_label + 1/C) / (n + 1), which is the mean of the
    posterior under Perks's prior of one vote spread over the C classes. With C = 11, 1 of 1 votes is .55, 2 of 2 .70,
    3 of 3 .77, 2 of 3 .52, 1 of 2 .36.

    Args:
        votes: image_id, annotator, choice, as `agreement.counted_votes` gives them.
        classes: C.

    Returns:
        image_id, label, confidence.
    """
    ranked = (
        votes.join(_weights(votes), on="annotator", how="left")
        .group_by("image_id", "choice")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("weight").sum().round(9))
        .with_columns(pl.col("n").sum().over("image_id").alias("of"), _lot().alias("lot"))
        .sort("image_id", "n", "weight", "lot", descending=[False, True, True, False])
    )
    confidence = (pl.col("n") + 1 / max(classes, 1)) / (pl.col("of") + 1)
    return ranked.unique("image_id", keep="first", maintain_order=True).select(
        "image_id", pl.col("choice").alias("label"), confidence.alias("confidence")
    )


# name -> function of the counted votes and the number of classes, giving image_id, label, confidence
METHODS: Final[dict[str, Callable[[pl.DataFrame, int], pl.DataFrame]]] = {"majority": majority}


def _weights(votes: pl.DataFrame) -> pl.DataFrame:
    """Per person: how often they say what the others say, by Laplace's rule: (hits + 1) / (shared votes + 2)."""
    shared = agreement.agreement_with_others(votes).group_by("annotator")
    weights = shared.agg(((pl.col("agrees").sum() + 1) / (pl.len() + 2)).alias("weight"))
    everyone = votes.select(pl.col("annotator").unique())
    return everyone.join(weights, on="annotator", how="left").with_columns(pl.col("weight").fill_null(0.5))


def _lot() -> pl.Expr:
    return pl.concat_str("image_id", pl.lit("\n"), "choice").map_elements(_hashed, return_dtype=pl.String)


def _hashed(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _distributions(votes: pl.DataFrame) -> pl.DataFrame:
    shares = (
        votes.group_by("image_id", "choice")
        .agg(pl.len().alias("n"))
        .with_columns((pl.col("n") / pl.col("n").sum().over("image_id")).round(6).alias("share"))
        .sort("image_id", "choice")
        .group_by("image_id", maintain_order=True)
        .agg(pl.struct("choice", "share").alias("pairs"))
    )
    return shares.with_columns(pl.col("pairs").map_elements(_json, return_dtype=pl.String).alias("distribution"))


def _json(pairs: list[dict[str, Any]]) -> str:
    return json.dumps({pair["choice"]: pair["share"] for pair in pairs}, sort_keys=True, ensure_ascii=False)
