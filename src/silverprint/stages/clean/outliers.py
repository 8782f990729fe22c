"""Outliers by the features that were computed."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.core.cleaning import outliers as measure
from silverprint.core.jobs import Run
from silverprint.store.features import FEW, Features


def outlier_scores(image_ids: pl.Series, run: Run) -> NDArray[np.float64]:
    """Scores by `core.cleaning.outliers.outlier_scores` of (N,) images that have features, sorted by image_id.

    Args:
        run: does the jobs, where there are many.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none.
    """
    if len(image_ids) < measure.FEWEST:
        return np.zeros(len(image_ids))
    features = Features(layout.EMBED)
    run = run if len(image_ids) >= FEW else map
    sample = features.gathered(image_ids.gather_every(-(-len(image_ids) // measure.SAMPLE))).astype(np.float16)
    blocks = list(features.blocks.values())
    found = measure.distances(features.halves(image_ids), len(image_ids), blocks, sample, run)
    return measure.outlier_scores(found)
