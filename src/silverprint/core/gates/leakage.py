"""Leakage: images that a model learns from and that are, or resemble, those by which it is judged."""

import polars as pl


def with_judging(rows: pl.DataFrame, judging: pl.Series, groups: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the column `judging`: the image of those that judge which the row's image is, or is like.

    Args:
        rows: image_id, and what they bring along.
        judging: image_ids of images by which models or people are judged.
        groups: image_id, group: near-duplicate groups; an image without one is like no other.

    Returns:
        The rows in their order; `judging` is the smallest image_id of several, null where there is none.
    """
    of_groups = groups.select("image_id", "group").drop_nulls("group")
    judged_groups = (
        of_groups.filter(pl.col("image_id").is_in(judging.implode()))
        .group_by("group")
        .agg(pl.col("image_id").min().alias("judging"))
    )
    like = of_groups.join(judged_groups, on="group").select("image_id", "judging")
    found = rows.join(like, on="image_id", how="left", maintain_order="left")
    itself = pl.when(pl.col("image_id").is_in(judging.implode())).then("image_id")
    return found.with_columns(pl.coalesce("judging", itself).alias("judging"))
