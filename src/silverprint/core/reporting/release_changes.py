"""Changes between two versions of a release: pictures that came, went, or have another label or split."""

import hashlib
from collections.abc import Mapping
from typing import Final

import polars as pl

from silverprint.records import VERSION, Schema, conform

KINDS: Final = ("added", "removed", "relabelled", "moved", "renamed")

CHANGES: Final[Schema] = {
    "image_id": pl.String(),
    # one of KINDS, the first that holds of: another class, another split, another name of the same class
    "change": pl.String(),
    "label_before": pl.String(),  # null where it was added; so are the next two
    "class_before": pl.String(),  # what the class of that label is called today
    "split_before": pl.String(),
    "label": pl.String(),  # null where it was removed; so are the next two
    "class": pl.String(),
    "split": pl.String(),
}
_SAME: Final[Mapping[str, str]] = {}


def changes(
    before: pl.DataFrame,
    after: pl.DataFrame,
    names_before: Mapping[str, str] = _SAME,
    names_after: Mapping[str, str] = _SAME,
) -> pl.DataFrame:
    """CHANGES from one VERSION to another, sorted by kind in the order of KINDS, then by image_id.

    Args:
        names_before, names_after: label -> what its class is called today, of labels whose class was renamed after
            that version.
    """
    old = before.select(
        "image_id", label_before="label", class_before=pl.col("label").replace(dict(names_before)), split_before="split"
    )
    new = after.select("image_id", "label", "split", pl.col("label").replace(dict(names_after)).alias("class"))
    both = old.join(new, on="image_id", how="full", coalesce=True)
    kind = (
        pl.when(pl.col("split_before").is_null())
        .then(pl.lit("added"))
        .when(pl.col("split").is_null())
        .then(pl.lit("removed"))
        .when(pl.col("class") != pl.col("class_before"))
        .then(pl.lit("relabelled"))
        .when(pl.col("split") != pl.col("split_before"))
        .then(pl.lit("moved"))
        .when(pl.col("label") != pl.col("label_before"))
        .then(pl.lit("renamed"))
    )
    found = both.with_columns(kind.alias("change")).drop_nulls("change")
    return conform(found, CHANGES).sort(pl.col("change").cast(pl.Enum(KINDS)), "image_id")


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Pictures of each kind, in the order of KINDS."""
    counted = dict(found["change"].value_counts().iter_rows())
    return {kind: counted.get(kind, 0) for kind in KINDS}


def relabelled(found: pl.DataFrame) -> pl.DataFrame:
    """label_before, label, pictures: from which class to which, by today's names, the commonest first."""
    moves = found.filter(change="relabelled").select(label_before="class_before", label="class")
    return _pairs(moves)


def renamed(found: pl.DataFrame) -> pl.DataFrame:
    """label_before, label, pictures: from which name of a class to which other name of it."""
    return _pairs(found.filter(change="renamed").select("label_before", "label"))


def _pairs(moves: pl.DataFrame) -> pl.DataFrame:
    pairs = moves.group_by("label_before", "label").agg(pl.len().alias("pictures"))
    return pairs.sort("pictures", "label_before", "label", descending=[True, False, False])


def by_class(found: pl.DataFrame) -> pl.DataFrame:
    """label, as its class is called today, then pictures that were added to it, removed from it, gained by another
    label of theirs, and lost so.
    """
    rows = [
        _of(found, "added", "class", "added"),
        _of(found, "removed", "class_before", "removed"),
        _of(found, "relabelled", "class", "gained"),
        _of(found, "relabelled", "class_before", "lost"),
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
