"""Features of the pool as a strategy sees them: projected, each block weighted as the labels so far say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.features import block_weights
from silverprint.core.features.projection import SAMPLE, Projection
from silverprint.store.features import Features


@dataclass(frozen=True)
class PoolFeatures:
    rows: NDArray[np.float16]  # (N, k), in the order of the pictures asked for
    weights: block_weights.Weights


def read_pool(features: Features, image_ids: Sequence[str], examples: pl.DataFrame) -> PoolFeatures:
    """The pool in half precision, read a batch at a time: a million pictures of two blocks are half a gigabyte.

    Args:
        image_ids: sorted; as they are hashes, the first ones are a random sample.
        examples: row (of image_ids) and class_id of the labelled pictures, -1 where it is none of the classes.

    Raises:
        DataError: a picture has no features.
    """
    projection = Projection.of(features.matrix(image_ids[:SAMPLE]), features.blocks)
    columns = projection.columns
    rows = np.empty((len(image_ids), projection.width), dtype=np.float16)
    start = 0
    for batch in features.batches(image_ids):
        rows[start : start + len(batch)] = projection(batch)
        start += len(batch)
    known = examples.filter(pl.col("class_id") >= 0)
    weights = block_weights.choose_weights(rows[known["row"].to_numpy()], known["class_id"].to_numpy(), columns)
    rows *= block_weights.column_scales(weights, columns).astype(np.float16)  # exact: they are powers of two
    return PoolFeatures(rows, weights)
