"""Changes between two versions of a release: pictures that came, went, or have another label or split."""

import hashlib
from typing import Final

import polars as pl

from silverprint.records import VERSION, Schema, conform

KINDS: Final = ("added", "removed", "relabelled", "moved")

CHANGES: Final[Schema] = {
    "image_id": pl.String(),
    "change": pl.String(),  # one of KINDS; relabelled where it was moved, too
    "label_before": pl.String(),  # null where it was added; so is the next
    "split_before": pl.String(),
    "label": pl.String(),  # null where it was removed; so is the next
    "split": pl.String(),
}


def changes(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """CHANGES from one VERSION to another, sorted by kind in the order of KINDS, then by image_id."""
    old = before.select("image_id", pl.col("label").alias("label_before"), pl.col("split").alias("split_before"))
    both = old.join(after.select("image_id", "label", "split"), on="image_id", how="full", coalesce=True)
    kind = (
        pl.when(pl.col("split_before").is_null())
        .then(pl.lit("added"))
        .when(pl.col("split").is_null())
        .then(pl.lit("removed"))
        .when(pl.col("label") != pl.col("label_before"))
        .then(pl.lit("relabelled"))
        .when(pl.col("split") != pl.col("split_before"))
        .then(pl.lit("moved"))
    )
    found = both.with_columns(kind.alias("change")).drop_nulls("change")
    return conform(found, CHANGES).sort(pl.col("change").cast(pl.Enum(KINDS)), "image_id")


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Pictures of each kind, in the order of KINDS."""
    counted = dict(found["change"].value_counts().iter_rows())
    return {kind: counted.get(kind, 0) for kind in KINDS}


def relabelled(found: pl.DataFrame) -> pl.DataFrame:
    """label_before, label, pictures: from which label to which, the commonest first."""
    pairs = (
        found.filter(pl.col("change") == "relabelled").group_by("label_before", "label").agg(pl.len().alias("pictures"))
    )
    return pairs.sort("pictures", "label_before", "label", descending=[True, False, False])


def by_class(found: pl.DataFrame) -> pl.DataFrame:
    """label, then pictures that each of KINDS brought to it (+) and took from it: added, removed, gained, lost."""
    rows = [
        _of(found, "added", "label", "added"),
        _of(found, "removed", "label_before", "removed"),
        _of(found, "relabelled", "label", "gained"),
        _of(found, "relabelled", "label_before", "lost"),
    ]
    names = pl.concat([row.select("name") for row in rows]).unique().sort("name")
    for row in rows:
        names = names.join(row, on="name", how="left")
    return names.with_columns(pl.exclude("name").fill_null(0)).rename({"name": "label"}).sort("label")


def digest(version: pl.DataFrame) -> str:
    """SHA-256 of what a VERSION says, whatever the order of its rows."""
    text = conform(version, VERSION).sort("image_id").write_csv()
    return hashlib.sha256(text.encode()).hexdigest()


def _of(found: pl.DataFrame, kind: str, column: str, name: str) -> pl.DataFrame:
    of_kind = found.filter(pl.col("change") == kind)
    return of_kind.group_by(pl.col(column).alias("name")).agg(pl.len().cast(pl.Int64).alias(name))
