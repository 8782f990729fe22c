"""Placeholders that a site shows on many pages: "image not available", a logo, a banner."""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def page_counts(raw: pl.DataFrame, image_ids: pl.Series, like: NDArray[np.int64]) -> pl.DataFrame:
    """On how many pages of one source each picture, or one that is nearly the same, is shown.

    Args:
        raw: RAW rows. Where no page is known, the picture's own address stands for it.
        image_ids: (N,) distinct; others are counted alone.
        like: (N,) a row of each set of pictures that are nearly the same, as
            `core.duplicates.near_duplicates.components` has it.

    Returns:
        image_id, pages (1 or more, of the source that has most); one row for each picture of `raw`, sorted.
    """
    first = pl.DataFrame({"image_id": image_ids, "like": image_ids.gather(like)})
    shown = raw.filter(pl.col("image_id").is_not_null()).join(first, on="image_id", how="left")
    shown = shown.with_columns(like=pl.coalesce("like", "image_id"), page=pl.coalesce("page_url", "url"))
    counted = shown.with_columns(pages=pl.col("page").n_unique().over("source", "like").cast(pl.Int64))
    return counted.group_by("image_id").agg(pl.col("pages").max()).sort("image_id")
