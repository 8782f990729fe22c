"""Features as short rows of whole numbers whose products are exact, in any order and in parts of any size.

Random signs keep cosines (D. Achlioptas, Database-friendly random projections, 2003, theorem 1.1). All numbers are
whole and every sum stays below 2^24, so that single precision rounds nothing and whoever adds comes to the same.
"""

import math
from collections.abc import Iterable
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.features.unit_rows import to_unit_length
from silverprint.core.jobs import Run

DIMENSIONS: Final = 256  # cosines are kept within about (1 - cosine²) / 16
LENGTH: Final = 4000  # length of a row, within 8: products stay below 2^24

_EXACT: Final = 2**24

Indices = NDArray[np.int64]
Rows = NDArray[np.float32]
Sketches = NDArray[np.int16]


def sketch(
    batches: Iterable[tuple[Indices, NDArray[np.floating]]],
    count: int,
    blocks: list[slice],
    centre: Rows,
    seed: int,
    run: Run = map,
) -> Sketches:
    """(N, DIMENSIONS) rows of about LENGTH whose dot products are about LENGTH² times the cosines of centred features.

    Rounding to whole numbers moves these by less than 0.001.

    Args:
        batches: jobs: places among the N rows, (n,), and their features, (n, D). A row comes to the same in any batch.
        count: N.
        blocks: of columns; each weighs the same.
        centre: (D,) the features' mean, or that of a sample.
        run: does the jobs.
    """
    found = np.zeros((count, DIMENSIONS), dtype=np.int16)
    for places, part in run(partial(_sketched, blocks=blocks, centre=centre, seed=seed), batches):
        found[places] = part
    return found


@one_blas_thread
def _sketched(
    batch: tuple[Indices, NDArray[np.floating]], blocks: list[slice], centre: Rows, seed: int
) -> tuple[Indices, Sketches]:
    places, rows = batch
    scale = (_EXACT - len(centre)) // (math.isqrt(len(centre) * len(blocks)) + 1)  # no row's numbers add up to more
    centred = rows.astype(np.float32) - centre
    for block in blocks:
        centred[:, block] = np.rint(scale * to_unit_length(centred[:, block]))
    sums = (centred @ _signs(len(centre), seed)).astype(np.float64)
    return places, np.rint(LENGTH * to_unit_length(sums)).astype(np.int16)


@cache
def _signs(width: int, seed: int) -> NDArray[np.float32]:
    """(width, DIMENSIONS) of 1 and -1 by chance."""
    return 2 * np.random.default_rng(seed).integers(0, 2, (width, DIMENSIONS)).astype(np.float32) - 1
