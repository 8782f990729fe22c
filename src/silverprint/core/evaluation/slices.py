"""Accuracy of a model on slices of the evaluation pictures: by source, licence, tier, size of near-duplicate group."""

from typing import Final, NamedTuple

import polars as pl

from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.evaluation.weighted import Weights

KINDS: Final = ("source", "license", "tier", "group_size")

_LARGEST: Final = 3  # groups of so many pictures or more are one slice


class Slice(NamedTuple):
    """
    Attributes:
        kind: one of KINDS.
        name: the source, the licence (`unknown` where there is none), the tier, or the size: `1`, `2`, `3+`.
        pictures: evaluation pictures in it, at least 1.
        accuracy: share of them that the model gets right, 0..1, with `low` and `high`, its 95 % interval (Wilson;
            that of `core.evaluation.weighted` where the pictures have weights).
    """

    kind: str
    name: str
    pictures: int
    accuracy: float
    low: float
    high: float


def slices(evaluation: pl.DataFrame, manifest: pl.DataFrame, queues: pl.DataFrame) -> list[Slice]:
    """The slices of each kind, the largest first; what no table tells of a picture puts it into no slice of that kind.

    Args:
        evaluation: EVALUATION.
        manifest: MANIFEST; rejected copies count in the size of a group.
        queues: rows of QUEUE; the first that names a picture tells its tier.
    """
    copies = pl.when(pl.col("group").is_null()).then(1).otherwise(pl.len().over("group"))
    size = pl.when(copies < _LARGEST).then(copies.cast(pl.String)).otherwise(pl.lit(f"{_LARGEST}+"))
    facts = manifest.select("image_id", "source", pl.col("license").fill_null("unknown"), size.alias("group_size"))
    tiers = queues.select("image_id", "tier").unique("image_id", keep="first", maintain_order=True)
    right = (pl.col("label") == pl.col("predicted")).alias("right")
    rows = evaluation.select("image_id", right).join(facts, on="image_id", how="left", maintain_order="left")
    rows = rows.join(tiers, on="image_id", how="left", maintain_order="left")
    weights = weighted.weights_of(evaluation)
    return [one for kind in KINDS for one in _of_kind(rows, kind, weights)]


def _of_kind(rows: pl.DataFrame, kind: str, weights: Weights | None) -> list[Slice]:
    counted = rows.drop_nulls(kind).group_by(kind).agg(pl.len().alias("n"), pl.col("right").sum())
    ordered = counted.sort("n", kind, descending=[True, False])
    if weights is None:
        return [Slice(kind, name, n, right / n, *wilson(right, n)) for name, n, right in ordered.iter_rows()]
    hits, names = rows["right"].to_numpy(), rows[kind].fill_null("")
    return [
        Slice(kind, name, n, *weighted.share(hits, (names == name).to_numpy(), weights))
        for name, n, _ in ordered.iter_rows()
    ]


def confident_mistakes(evaluation: pl.DataFrame, most: int) -> pl.DataFrame:
    """The wrong predictions (rows of EVALUATION) of which the model was surest, at most `most`, the surest first."""
    wrong = evaluation.filter(pl.col("label") != pl.col("predicted"))
    return wrong.sort("confidence", "image_id", descending=[True, False]).head(most)
