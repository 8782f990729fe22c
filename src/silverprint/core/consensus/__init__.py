"""Consensus of votes: one label for each image. Methods share one contract, one file each, and are named in METHODS."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl

from silverprint.core import agreement
from silverprint.core.consensus import auto, crowdlab, dawid_skene, glad, majority
from silverprint.core.consensus.vote_arrays import Known, Probabilities, VoteArrays, vote_arrays
from silverprint.errors import ConfigError
from silverprint.records import LABELS, Schema, conform

CONSENSUS: Final[Schema] = {
    name: LABELS[name] for name in ("image_id", "label", "confidence", "distribution", "n_votes", "agreement")
}

# name -> function of the votes cast, giving image_id, label, confidence
METHODS: Final[dict[str, Callable[[VoteArrays], pl.DataFrame]]] = {
    "auto": auto.decide,
    "crowdlab": crowdlab.decide,
    "dawid-skene": dawid_skene.decide,
    "glad": glad.decide,
    "majority": majority.decide,
}


def consensus(
    votes: pl.DataFrame,
    method: str = "auto",
    *,
    classes: Sequence[str] | None = None,
    probabilities: Probabilities | None = None,
    known: Known | None = None,
) -> pl.DataFrame:
    """One label per picture that anybody answered about and whose label is not known.

    Args:
        votes: at least image_id, annotator, choice; of several answers by one person about one picture the latest
            counts (by created_at, annotation_id where there are such columns, else by row). 'unsure', empty answers and
            unknown classes abstain; 'not one of these' is a class.
        method: a name in METHODS.
        classes: the dataset's; None takes whatever was chosen as a class.
        probabilities: image_id -> (C,) of a model that did not see the picture's label, in the order of `classes`
            (without them: of the sorted choices); pictures may be missing. `auto` weighs them by what they are worth,
            `crowdlab` needs them for every picture with a vote, the other methods leave them aside.
        known: image_id -> label of pictures whose label is known: `auto` measures people by votes on them, the other
            methods leave those votes aside.

    Returns:
        image_id, label (null where all abstained), confidence (0..1; null without a label), distribution (JSON object,
        class -> share of the votes, keys sorted), n_votes, agreement (share of agreeing pairs of votes, null below two
        votes); sorted by image_id. `auto` and `dawid-skene` may give a label that nobody chose, where those who voted
        are known to mistake it.

    Raises:
        ConfigError: no such method; crowdlab without probabilities.
        DataError: a row of `probabilities` is no distribution over the classes.
    """
    if method not in METHODS:
        names = ", ".join(sorted(METHODS))
        raise ConfigError(f"consensus method = {method!r}", "no such method", f"use one of: {names}")
    asked = votes.filter(~pl.col("image_id").is_in(list(known or {})))
    counted = agreement.counted_votes(votes if method == "auto" else asked, classes)
    decided = METHODS[method](vote_arrays(counted, classes, probabilities, known)) if counted.height else _nothing()
    table = (
        asked.select(pl.col("image_id").unique())
        .join(decided, on="image_id", how="left")
        .join(_distributions(counted), on="image_id", how="left")
        .join(agreement.pairwise_agreement(counted), on="image_id", how="left")
        .with_columns(pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"))
    )
    return conform(table, CONSENSUS).sort("image_id")


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"image_id": pl.String, "label": pl.String, "confidence": pl.Float64})


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
