"""First predictions: class probabilities out of what a classifier says that was not made for our classes."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.records import IMAGE_ID

Shares = Float[NDArray[np.float32], "n c"]
ClassIds = Int[NDArray[np.int64], " n"]
Confidences = Float[NDArray[np.float32], " n"]

_ABOVE_CHANCE = 1.02  # a class that was named, however unsure, leads by more than half precision rounds


def spread_evenly(shares: Shares) -> Shares:
    """Rows that sum to 1: what a classifier gives to none of our classes says nothing, and is shared out evenly.

    Args:
        shares: of each class, 0 or more, with sums of 0 to 1.
    """
    left = np.maximum(1 - shares.sum(axis=1, keepdims=True), 0)
    return np.asarray(shares + left / shares.shape[1], dtype=np.float32)


def of_one_class(class_ids: ClassIds, confidence: Confidences, classes: int) -> Shares:
    """Rows that sum to 1, of predictions that name one class: it has the confidence, the others share the rest evenly.

    A class that was named leads: a confidence of chance (1 / classes) or less, as that of a classifier with many more
    classes, counts as hardly more than chance.

    Args:
        confidence: 0 to 1.
        classes: number of ours, at least 2.
    """
    led = np.clip(confidence, _ABOVE_CHANCE / classes, 1)
    rows = np.repeat(((1 - led) / (classes - 1))[:, None], classes, axis=1)
    rows[np.arange(len(rows)), class_ids] = led
    return np.asarray(rows, dtype=np.float32)


def matched(pictures: Sequence[str], raw: pl.DataFrame) -> pl.DataFrame:
    """`row` and `image_id` of each of `pictures`, in their order; a null image_id where the picture is not in `raw`.

    Args:
        pictures: image_ids, or addresses as sources have them.
        raw: image_id, url: what sources have, the newest last. Of an address with several pictures the newest counts.
    """
    there = raw.drop_nulls("image_id")
    by_id = there.select("image_id", picture="image_id").unique("picture")
    by_url = there.select("image_id", picture="url").drop_nulls().unique("picture", keep="last", maintain_order=True)
    known = pl.concat([by_id, by_url]).unique("picture", keep="first", maintain_order=True)
    named = pl.DataFrame({"picture": pictures}, schema={"picture": pl.String})
    lower = pl.col("picture").str.to_lowercase()
    named = named.with_columns(picture=pl.when(lower.str.contains(f"^{IMAGE_ID}$")).then(lower).otherwise("picture"))
    rows = named.with_row_index("row").join(known, on="picture", how="left", maintain_order="left")
    return rows.select("row", "image_id")
