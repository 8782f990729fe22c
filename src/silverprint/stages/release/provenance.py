"""Provenance of released pictures: their rights, where they came from, and who labelled them."""

import polars as pl

from silverprint.core import agreement
from silverprint.core.votes import vote_ledger


def add(rows: pl.DataFrame, manifest: pl.DataFrame, votes: pl.DataFrame, classes: tuple[str, ...]) -> pl.DataFrame:
    """`rows` with the manifest's columns, and `annotators`: null for an automatic label.

    Args:
        rows: rows of core.splits.SPLIT, whose order stays.
        votes: VOTES so far.
        classes: the dataset's.
    """
    counted = agreement.counted_votes(vote_ledger.standing_votes(votes), classes)
    people = counted.group_by("image_id").agg(pl.col("annotator").unique().sort().str.join(" ").alias("annotators"))
    by_people = pl.when(pl.col("label_source") == "human").then("annotators").alias("annotators")
    rows = rows.join(people, on="image_id", how="left", maintain_order="left").with_columns(by_people)
    return rows.join(manifest, on="image_id", how="left", maintain_order="left")
