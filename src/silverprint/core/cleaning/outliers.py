"""Outlier scores: how unlike all other images of the dataset an image is.

The distance to the k-th neighbour (S. Ramaswamy et al., Efficient Algorithms for Mining Outliers from Large Data Sets,
2000), k a share of the pool, so that a small crowd of strangers cannot vouch for one another; among a sample of the
pool, so that it is linear in N. Judged by median and MAD (P. Rousseeuw and C. Croux, 1993), which outliers do not move.
"""

import math
from collections.abc import Iterable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.features.unit_rows import to_unit_length
from silverprint.core.jobs import Run

Batch = tuple[NDArray[np.int64], NDArray[np.floating]]

SAMPLE: Final = 1024  # rows that stand for the pool
FEWEST: Final = 50  # rows that tell what is usual; of fewer none is strange

_SHARE = 0.02  # least share of the pool that makes a topic
_NORMAL = 1.4826  # MAD of a normal distribution to its standard deviation


def distances(
    batches: Iterable[Batch], count: int, blocks: list[slice], sample: NDArray[np.floating], run: Run = map
) -> NDArray[np.float64]:
    """1 - cosine to the k-th nearest row of a sample, for each block of features; k is 2 % of the sample.

    Args:
        batches: places among the N rows, (n,), and their features, (n, D). Each is a job.
        count: N.
        blocks: B slices of columns.
        sample: (S, D) rows of the same pool, two or more.
        run: does the jobs.

    Returns:
        (N, B), 0..2. Features of length 0 are at distance 1 from all.
    """
    found = np.ones((count, len(blocks)))
    for places, part in run(partial(_distances, blocks=blocks, sample=sample), batches):
        found[places] = part
    return found


@one_blas_thread
def _distances(
    batch: Batch, blocks: list[slice], sample: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    places, rows = batch
    rank = min(math.ceil(_SHARE * len(sample)), len(sample) - 1)  # the nearest, rank 0, may be the row itself
    found = np.empty((len(rows), len(blocks)))
    for column, block in enumerate(blocks):
        reference = to_unit_length(sample[:, block].astype(np.float32)).T
        cosines = to_unit_length(rows[:, block].astype(np.float32)) @ reference
        place = cosines.shape[1] - 1 - rank
        found[:, column] = 1.0 - np.partition(cosines, place, axis=1)[:, place].astype(np.float64)
    return places, found


def outlier_scores(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each row's distances lie beyond the usual ones, in robust standard deviations; the largest of its blocks.

    Args:
        distances: (N, B).

    Returns:
        (N,), 0 or more: 0 as usual or nearer, 6 hardly by chance. 0 for all where there are fewer than FEWEST rows, or
        where half of them have the same distance.
    """
    if len(distances) < FEWEST:
        return np.zeros(len(distances))
    beyond = distances - np.median(distances, axis=0)
    spread = _NORMAL * np.median(np.abs(beyond), axis=0)
    scaled = np.divide(beyond, spread, out=np.zeros_like(beyond), where=spread > 1e-6)
    return np.asarray(scaled.max(axis=1).clip(0))
