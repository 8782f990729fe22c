"""Groups of images that belong together: their names, and the largest ones."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Indices = NDArray[np.int64]

KNOBS = "lower clean.group_radius and clean.alike_limit, or set clean.group: hash, or none"


def group_names(image_ids: pl.Series, components: Indices) -> pl.Series:
    """A group's number, from its smallest image_id: it stays while that picture stays, whatever else comes or goes.

    Args:
        image_ids: (N,) 64 hex digits, sorted.
        components: (N,) the smallest index in each row's component.

    Returns:
        (N,) int64, at least 0.
    """
    smallest = image_ids.gather(components)
    return smallest.str.head(15).str.to_integer(base=16, dtype=pl.Int64).alias("group")


def largest_groups(pictures: pl.DataFrame, most: int = 3) -> pl.DataFrame:
    """The groups of several pictures, the largest first: pictures, image_id (the smallest of the group).

    Args:
        pictures: image_id, group.
    """
    counted = pictures.group_by("group").agg(pictures=pl.len(), image_id=pl.col("image_id").min())
    ordered = counted.filter(pl.col("pictures") > 1).sort("pictures", "image_id", descending=[True, False])
    return ordered.head(most).select("pictures", "image_id")


def describe(pictures: pl.DataFrame) -> str:
    """What groups cost, and the knobs, in a line."""
    sizes = ", ".join(f"{size} like {image_id[:8]}" for size, image_id in largest_groups(pictures).iter_rows())
    count = (
        f"{pictures.height} pictures lie in {pictures['group'].n_unique()} groups, of which each is asked about once"
    )
    return f"{count}; the largest: {sizes}; where these are not the same: {KNOBS}"
