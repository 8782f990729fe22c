"""Shared pages of a queue: images of one predicted class that are shown together, the likeliest first, each with its
answer pre-set by the prediction.
"""

from collections.abc import Iterator
from math import ceil
from typing import Final

import numpy as np
import polars as pl

from silverprint.core.queue import roles

FEWEST: Final = 4  # images of a class, below which a page saves nobody anything
ALONE: Final = 0.05  # share of the images that have a page of their own by chance, so that such a page tells nothing


def share(queue: pl.DataFrame, size: int, seed: int, *, hidden: bool = False) -> pl.DataFrame:
    """`queue` with `page`, and `show_prediction` true for whatever shares one.

    Pages are numbered in the order of their best ranks. Images of one class, tier and overlap are dealt to as few pages
    as hold them, whose sizes differ by one at most: images 1..n by falling confidence to page 1, and so on.

    Images in whose role nobody is prompted have a page of their own, as do images without a prediction, those of a
    class with fewer than FEWEST, and ALONE of the others by a lot that depends on the image and the seed alone. Gold
    shares pages as any other image does, by what the model takes it for.

    Args:
        queue: QUEUE.
        size: images on a page, at most; 2 or more.
        hidden: whether `queue` hides predictions by chance already; then those images are alone, and no others.
    """
    prompts = queue["show_prediction"] if hidden else ~roles.is_drawn(queue, ALONE, seed, "alone")
    free = queue.filter(roles.may_be_prompted() & prompts)
    pages = sorted(_pages(free, size), key=lambda page: min(page["rank"].to_list()))
    page_of = {image_id: number for number, page in enumerate(pages, 1) for image_id in page["image_id"]}
    page = pl.col("image_id").replace_strict(page_of, default=None, return_dtype=pl.Int64)
    return queue.with_columns(page=page).with_columns(
        show_prediction=pl.col("show_prediction") | pl.col("page").is_not_null()
    )


def _pages(free: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    for rows in free.partition_by("tier", "overlap", "predicted", maintain_order=True):
        if rows.height >= FEWEST:
            likeliest = rows.sort("confidence", "image_id", descending=[True, False], nulls_last=True)
            for places in np.array_split(np.arange(rows.height), ceil(rows.height / size)):
                yield likeliest[places]
