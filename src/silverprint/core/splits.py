"""Splits of a release: which images it holds, and in which split each is."""

from collections.abc import Sequence

import polars as pl

from silverprint.records import Schema

SPLITS = ("train", "test", "silver", "imported")

# Roles whose human labels may be trained on; gold is a check of people, not of pictures.
TRAINABLE = ("train", "control", "relabel")

# Roles that were drawn at random, and that no model of their round or a later one is trained on: they judge the model,
# and are the test.
HELD_OUT = ("evaluation", "audit")

# Roles whose labels judge: models, a strategy, a promise, people. No model's opinion takes part in them.
JUDGING = (*HELD_OUT, "control", "gold")

SPLIT: Schema = {
    "image_id": pl.String(),
    "split": pl.String(),  # one of SPLITS
    "label": pl.String(),
    "confidence": pl.Float64(),
    "distribution": pl.String(),
    "n_votes": pl.Int64(),
    "agreement": pl.Float64(),
    "role": pl.String(),
    "round": pl.String(),
    "label_source": pl.String(),  # human | auto | imported
}


def usable_rows(manifest: pl.DataFrame, binding: frozenset[str] | set[str]) -> pl.DataFrame:
    """The manifest's rows that no withdrawal and no licence keeps out; a threshold alone keeps nothing labelled out."""
    return manifest.filter(pl.col("reason").is_null() | ~pl.col("reason").is_in(sorted(binding)))


def assign(
    manifest: pl.DataFrame,
    labels: pl.DataFrame,
    silver: pl.DataFrame,
    imported: pl.DataFrame | None = None,
    *,
    classes: tuple[str, ...],
    binding: frozenset[str] | set[str],
    test_sources: Sequence[str] = (),
) -> pl.DataFrame:
    """One row per released picture: test are the held-out labels, train the other human ones, silver the model's,
    imported those that sources brought.

    A near-duplicate group that has a picture in test has none in the other splits: those rows are left out.
    Of `test_sources` every human label is in test, and nothing is in the other splits.

    Args:
        manifest: MANIFEST, one row per acquired picture.
        labels: LABELS so far.
        silver: columns of SPLIT but `split`, the automatic labels that are sure enough.
        imported: the same of brought labels; none of a picture in `silver`.
        classes: the dataset's; other labels ('not one of these', none) are not released.
        binding: reasons in the manifest that keep a labelled picture out, too.
        test_sources: sources by which models are to be judged that never saw them.

    Returns:
        SPLIT, sorted by split and image_id.
    """
    human = labels.filter(pl.col("source") == "human")
    rows = pl.concat(
        [
            _split(human.filter(pl.col("role").is_in(HELD_OUT)).rename({"source": "label_source"}), "test"),
            _split(human.filter(pl.col("role").is_in(TRAINABLE)).rename({"source": "label_source"}), "train"),
            _split(silver, "silver"),
            *([] if imported is None else [_split(imported, "imported")]),
        ]
    )
    rows = rows.filter(pl.col("label").is_in(list(classes)))
    rows = rows.join(usable_rows(manifest, binding).select("image_id", "group", "source"), on="image_id")
    apart, by_people = pl.col("source").is_in(list(test_sources)), pl.col("label_source") == "human"
    rows = rows.filter(~apart | by_people).with_columns(split=pl.when(apart).then(pl.lit("test")).otherwise("split"))
    tested = rows.filter(pl.col("split") == "test")["group"].unique()
    straddles = (pl.col("split") != "test") & pl.col("group").is_in(tested.implode())
    return rows.filter(~straddles.fill_null(False)).drop("group", "source").sort("split", "image_id")


def _split(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.with_columns(pl.lit(name).alias("split")).select(pl.col(c).cast(t) for c, t in SPLIT.items())
