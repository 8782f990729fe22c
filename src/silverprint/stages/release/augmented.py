"""Augmented copies of a release's training pictures: rows of their own that name their parent, and their bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import polars as pl

from silverprint.config import Params

Read = Callable[[Sequence[str]], Iterable[tuple[str, bytes]]]


def add(rows: pl.DataFrame, copies: int) -> pl.DataFrame:
    """`rows` with `parent`, null, and `copies` more rows for each one of `train`, in the order of split and image_id.

    A copy has its parent's columns, `<image_id>-<number>` for a name, and that image_id for its `parent`.
    """
    rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("parent"))
    if not copies:
        return rows
    digits = len(str(copies))
    number = pl.col("number").cast(pl.String).str.zfill(digits)
    made = rows.filter(split="train").join(pl.DataFrame({"number": range(1, copies + 1)}), how="cross")
    made = made.with_columns(
        pl.col("image_id").alias("parent"),
        pl.format("{}-{}", "image_id", number).alias("image_id"),
        pl.lit("jpeg").alias("format"),
    )
    return pl.concat([rows, made.select(rows.columns)]).sort("split", "image_id")


def reading(rows: pl.DataFrame, read: Read, params: Params) -> Read:
    """`read`, of pictures, for the copies among `rows`, too: each is made anew from its parent, always the same."""
    parents = dict(rows.drop_nulls("parent").select("image_id", "parent").iter_rows())
    if not parents:
        return read

    from silverprint.model.finetune.augmented_copy import augmented_copy

    def with_copies(image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        pictures = read([parents.get(name, name) for name in image_ids])
        for name, (picture, data) in zip(image_ids, pictures, strict=True):
            if name == picture:
                yield name, data
            else:
                number = int(name.rpartition("-")[2])
                yield name, augmented_copy(picture, data, number, params.model.finetune.augment, params.seed)

    return with_copies
