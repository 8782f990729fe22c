"""Quality of the pictures of each source and licence: what cleaning kept of them, and what people said of them."""

from typing import Final

import polars as pl

from silverprint.records import NONE_OF_THESE, Schema

KINDS: Final = ("source", "license")

SUBSETS: Final[Schema] = {
    "kind": pl.String(),  # one of KINDS
    "name": pl.String(),  # the source, or the licence; `unknown` where there is none
    "acquired": pl.Int64(),  # pictures
    "kept": pl.Float64(),  # share of them, 0..1
    "flagged": pl.Float64(),  # share of those kept that something speaks against; null where none is kept
    "asked": pl.Int64(),  # pictures that people were asked about, without gold
    "agreement": pl.Float64(),  # mean share of agreeing pairs of votes, 0..1; null where none has two votes
    "none": pl.Float64(),  # share of those asked that are "not one of these"; null where none was asked about
    "undecided": pl.Float64(),  # share of those asked on which nobody took a stand; null likewise
}


def subset_quality(manifest: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """SUBSETS of a MANIFEST and the LABELS so far: the sources, then the licences, the largest of each first.

    People are asked about what a strategy chose, so the shares of what they said are of no random sample.
    """
    said = labels.filter(source="human").select("image_id", "label", "agreement", asked=True)
    rows = manifest.select("image_id", "kept", "flags", "source", pl.col("license").fill_null("unknown"))
    rows = rows.join(said, on="image_id", how="left").with_columns(pl.col("asked").fill_null(False))
    return pl.concat(_of_kind(rows, kind) for kind in KINDS)


def _of_kind(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    kept, asked = pl.col("kept"), pl.col("asked")
    found = rows.group_by(pl.col(kind).alias("name")).agg(
        pl.len().alias("acquired"),
        kept.mean(),
        pl.col("flags").is_not_null().filter(kept).mean().alias("flagged"),
        asked.sum().alias("asked"),
        pl.col("agreement").mean(),
        pl.col("label").eq_missing(pl.lit(NONE_OF_THESE)).filter(asked).mean().alias("none"),
        pl.col("label").is_null().filter(asked).mean().alias("undecided"),
    )
    ordered = found.sort("acquired", "name", descending=[True, False]).with_columns(kind=pl.lit(kind))
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in SUBSETS.items())
