"""Conflicts: near-duplicates, which show one thing, with different labels. One of the labels is wrong, or the group."""

import polars as pl

from silverprint.core.gates.counted_share import CountedShare


def share(labels: pl.DataFrame, groups: pl.DataFrame) -> tuple[CountedShare, pl.DataFrame]:
    """How many of the near-duplicate groups with two labels or more have different ones, and those labels.

    Args:
        labels: image_id, label; a null label says nothing.
        groups: image_id, group.

    Returns:
        The share of groups; image_id, group, label of the groups in conflict, sorted by group and image_id.
    """
    known = labels.drop_nulls("label").join(groups.drop_nulls("group"), on="image_id")
    known = known.with_columns(
        pl.len().over("group").alias("_labels"), pl.col("label").n_unique().over("group").alias("_different")
    )
    several = known.filter(pl.col("_labels") > 1)
    conflicts = several.filter(pl.col("_different") > 1)
    counted = CountedShare(conflicts["group"].n_unique(), several["group"].n_unique())
    return counted, conflicts.select("image_id", "group", "label").sort("group", "image_id")
