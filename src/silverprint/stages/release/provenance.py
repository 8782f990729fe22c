"""Provenance of released pictures: their rights, where they came from, and who labelled them."""

import polars as pl

from silverprint.core import agreement
from silverprint.core.votes import vote_ledger


def add(
    rows: pl.DataFrame, manifest: pl.DataFrame, votes: pl.DataFrame, classes: tuple[str, ...], imported: pl.DataFrame
) -> pl.DataFrame:
    """`rows` with the manifest's columns, and `annotators`: null for an automatic label, a source for an imported one.

    Args:
        rows: rows of core.splits.SPLIT, whose order stays.
        votes: VOTES so far.
        classes: the dataset's.
        imported: image_id, annotator of the imported labels.
    """
    counted = agreement.counted_votes(vote_ledger.standing_votes(votes), classes)
    people = counted.group_by("image_id").agg(pl.col("annotator").unique().sort().str.join(" ").alias("annotators"))
    rows = rows.join(people, on="image_id", how="left", maintain_order="left")
    rows = rows.join(imported.select("image_id", "annotator"), on="image_id", how="left", maintain_order="left")
    by_people = pl.when(pl.col("label_source") == "human").then("annotators")
    by_whom = by_people.when(pl.col("label_source") == "imported").then("annotator").alias("annotators")
    rows = rows.with_columns(by_whom).drop("annotator")
    return rows.join(manifest, on="image_id", how="left", maintain_order="left")
