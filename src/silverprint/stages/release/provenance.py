"""Provenance of released pictures: their rights, where they came from, and who labelled them."""

import json

import polars as pl

from silverprint.core import agreement
from silverprint.core.votes import vote_ledger


def add(rows: pl.DataFrame, manifest: pl.DataFrame, votes: pl.DataFrame, classes: tuple[str, ...]) -> pl.DataFrame:
    """`rows` with the manifest's columns, and `annotators` and `votes`: null for an automatic label.

    Args:
        rows: rows of core.splits.SPLIT, whose order stays.
        votes: VOTES so far.
        classes: the dataset's.
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
    by_people = [pl.when(pl.col("label_source") == "human").then(name).alias(name) for name in ("annotators", "votes")]
    rows = rows.join(people, on="image_id", how="left", maintain_order="left").with_columns(by_people)
    return rows.join(manifest, on="image_id", how="left", maintain_order="left")
