"""Training set and evaluation set of a round's model, and the unlabelled images that it learns from as well."""

from typing import NamedTuple

import polars as pl

from silverprint.core.splits import TRAINABLE, usable_rows
from silverprint.records import NONE_OF_THESE


class Examples(NamedTuple):
    """Rows of LABELS, sorted by image_id; every label is one of the classes."""

    training: pl.DataFrame
    evaluation: pl.DataFrame


def examples(
    labels: pl.DataFrame,
    manifest: pl.DataFrame,
    *,
    classes: tuple[str, ...],
    withdrawn: frozenset[str],
    binding: frozenset[str],
) -> Examples:
    """Splits the labels so far.

    A picture that a threshold rejected after people labelled it stays; a withdrawal or a licence takes it out. A
    picture in a near-duplicate group with an evaluation, audit or gold picture, whatever its label, is never trained
    on.

    Args:
        labels: LABELS so far.
        manifest: MANIFEST.
        classes: the dataset's.
        withdrawn: image_ids that may not be used.
        binding: reasons in the manifest that keep a labelled picture out, too.
    """
    rows = _usable(labels, manifest, withdrawn, binding)
    known = rows.filter(pl.col("label").is_in(list(classes)))
    return Examples(_trainable(known), known.filter(pl.col("role") == "evaluation").drop("straddles"))


def of_no_class(
    labels: pl.DataFrame, manifest: pl.DataFrame, *, withdrawn: frozenset[str], binding: frozenset[str]
) -> list[str]:
    """The pictures that people found to be none of the classes, where `examples` would train on them; sorted.

    Args:
        As `examples`.
    """
    rows = _usable(labels, manifest, withdrawn, binding)
    return _trainable(rows.filter(label=NONE_OF_THESE))["image_id"].to_list()


def _usable(
    labels: pl.DataFrame, manifest: pl.DataFrame, withdrawn: frozenset[str], binding: frozenset[str]
) -> pl.DataFrame:
    """LABELS of what may be used, sorted by image_id, and `straddles`: whether a picture like it judges."""
    allowed = usable_rows(manifest, binding).filter(~pl.col("image_id").is_in(sorted(withdrawn)))
    rows = labels.join(allowed.select("image_id", "group"), on="image_id").sort("image_id")
    judged = labels.filter(~pl.col("role").is_in(TRAINABLE)).join(manifest, on="image_id")["group"].drop_nulls()
    straddles = pl.col("group").is_in(judged.unique().implode()).fill_null(False)
    return rows.with_columns(straddles.alias("straddles")).drop("group")


def _trainable(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("role").is_in(TRAINABLE) & ~pl.col("straddles")).drop("straddles")


def unlabelled(labels: pl.DataFrame, manifest: pl.DataFrame, *, withdrawn: frozenset[str], most: int) -> list[str]:
    """The kept pictures about which nobody was asked: sorted, and at most `most`, by their names a random sample.

    What people found to be none of the classes is not among them, for it would be taken for one of them. Nor are
    evaluation and gold pictures and their near-duplicates: a model that has seen them is judged too well.

    Args:
        labels: LABELS so far.
        manifest: MANIFEST.
        withdrawn: image_ids that may not be used.
    """
    judged = labels.filter(~pl.col("role").is_in(TRAINABLE)).join(manifest, on="image_id")["group"].drop_nulls()
    straddles = pl.col("group").is_in(judged.unique().implode()).fill_null(False)
    known = pl.col("image_id").is_in([*labels["image_id"], *sorted(withdrawn)])
    return manifest.filter(pl.col("kept") & ~known & ~straddles)["image_id"].sort().head(most).to_list()
