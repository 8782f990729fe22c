"""Labels that people's later votes changed: pictures that were asked about in both of two rounds' labels."""

import polars as pl

from silverprint.core.splits import TRAINABLE


def flipped_labels(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The pictures whose label by people differs.

    Args:
        before, after: LABELS of an earlier and a later round.

    Returns:
        image_id, role, before, after (null: no label), sorted by image_id. Gold pictures are left out: nobody's votes
        decide their labels.
    """
    human = pl.col("source") == "human"
    earlier = before.filter(human).select("image_id", pl.col("label").alias("before"))
    later = after.filter(human).select("image_id", "role", pl.col("label").alias("after"))
    pairs = later.join(earlier, on="image_id")
    flipped = pairs.filter(pl.col("before").ne_missing(pl.col("after")))
    return flipped.select("image_id", "role", "before", "after").sort("image_id")


def commonest_flips(flips: pl.DataFrame, most: int) -> pl.DataFrame:
    """The commonest changes among `flipped_labels`, at most `most`: before, after, pictures."""
    counted = flips.group_by("before", "after").agg(pl.len().alias("pictures"))
    return counted.sort(
        "pictures", "before", "after", descending=[True, False, False], nulls_last=True, maintain_order=True
    ).head(most)


def of_training(flips: pl.DataFrame) -> pl.DataFrame:
    """Those of pictures that models are trained on."""
    return flips.filter(pl.col("role").is_in(TRAINABLE))
