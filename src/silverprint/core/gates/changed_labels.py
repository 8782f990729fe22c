"""Changed labels: of earlier rounds, those that a round asks about again, or that its votes change."""

from collections.abc import Collection

import polars as pl

from silverprint.core.gates.counted_share import CountedShare


def changed(labels: pl.DataFrame, before: pl.DataFrame) -> tuple[CountedShare, pl.DataFrame]:
    """How many of the labels that people gave before are others now, and which.

    Args:
        labels, before: LABELS after the round and before it; an image that is in one of them alone is not counted.

    Returns:
        The share of the earlier labels; image_id, was, label (null: none any more), sorted by image_id.
    """
    earlier = before.filter(pl.col("source") == "human").drop_nulls("label")
    both = earlier.select("image_id", pl.col("label").alias("was")).join(
        labels.select("image_id", "label"), on="image_id"
    )
    others = both.filter(~pl.col("label").eq_missing(pl.col("was"))).sort("image_id")
    return CountedShare(others.height, both.height), others


def judged(labels: pl.DataFrame, before: pl.DataFrame, round_name: str, asked: Collection[str]) -> pl.DataFrame:
    """The LABELS by people that a round answers for: those of its own images, those of earlier ones that it asked about
    again, and those that are not what they were.

    Args:
        labels, before: LABELS after the round and before it.
        asked: image_ids of the round's queue.
    """
    _, others = changed(labels, before)
    its_own = pl.col("round") == round_name
    again = pl.col("image_id").is_in([*asked, *others["image_id"]])
    return labels.filter((pl.col("source") == "human") & (its_own | again))
