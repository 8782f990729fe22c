"""Ranking for strategies that judge each row by itself: the largest values win."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.strategy import Picks, Pool

Measure = Callable[[NDArray[np.floating]], NDArray[np.float64]]  # (N, C) or (M, N, C) -> (N,), higher is better


def pick_largest(pool: Pool, probabilities: NDArray[np.floating], measure: Measure) -> Picks:
    """The unlabelled rows of the largest `measure`; ties go by the seeded order."""
    values = measure_rows(probabilities, pool.candidates, measure)
    best = np.argsort(-values, kind="stable")[: pool.budget]
    return pool.candidates[best], values[best]


def measure_rows(
    probabilities: NDArray[np.floating], places: NDArray[np.int64], measure: Measure
) -> NDArray[np.float64]:
    """`measure` of the rows at `places`, (n,), a chunk at a time."""
    values = np.empty(len(places), dtype=np.float64)
    for part in chunks(len(places)):
        values[part] = measure(probabilities[..., places[part], :])
    return values
