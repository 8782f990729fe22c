"""Provenance of released pictures: their rights, where they came from, and who labelled them."""

import json

import polars as pl

from silverprint.core import agreement
from silverprint.core.votes import vote_ledger


def add(
    rows: pl.DataFrame, manifest: pl.DataFrame, votes: pl.DataFrame, classes: tuple[str, ...], imported: pl.DataFrame
) -> pl.DataFrame:
    """`rows` with the manifest's columns, and `annotators` and `votes`: null for an automatic label.

    An imported label has its source for an annotator, and no votes.

    Args:
        rows: rows of core.splits.SPLIT, whose order stays.
        votes: VOTES so far.
        classes: the dataset's.
        imported: image_id, annotator of the imported labels.
    """
    counted = agreement.counted_votes(vote_ledger.standing_votes(votes), classes)
    people = counted.group_by("image_id", maintain_order=True).agg("annotator", "choice")
    said = [
        json.dumps(dict(zip(*pair, strict=True)), ensure_ascii=False)
        for pair in people.select("annotator", "choice").iter_rows()
    ]
    people = people.select(
        "image_id", pl.col("annotator").list.join(" ").alias("annotators"), pl.Series("votes", said, dtype=pl.String)
    )
    rows = rows.join(people, on="image_id", how="left", maintain_order="left")
    rows = rows.join(imported.select("image_id", "annotator"), on="image_id", how="left", maintain_order="left")
    by_people, by_source = pl.col("label_source") == "human", pl.col("label_source") == "imported"
    whose = pl.when(by_people).then("annotators").when(by_source).then("annotator").alias("annotators")
    rows = rows.with_columns(whose, pl.when(by_people).then("votes").alias("votes")).drop("annotator")
    return rows.join(manifest, on="image_id", how="left", maintain_order="left")
