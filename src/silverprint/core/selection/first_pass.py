"""First pass over a pool: the few rows that can decide what a strategy chooses, drawn without holding the pool.

Strategies that cover the pool look at a weighted sample of it: of each row w / u is taken, w its weight and u its
chance in (0, 1), and the largest are kept (priority sampling, Duffield, Lund & Thorup 2007, section 2; Efraimidis &
Spirakis 2006 keep the largest u^(1/w) in the same way). A row's chance comes from its own content, so any part of a
pool may be looked at anywhere. The choice among the rows kept is the choice among all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from silverprint.core import half_precision, uncertainty
from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.features.projection import Projection
from silverprint.core.selection import STRATEGIES
from silverprint.core.selection.content_hash import keys_of, row_hashes, uniform_numbers
from silverprint.core.selection.strategies.uherding import STREAM, looked_at
from silverprint.core.selection.strategy import CENTRE_ROWS, NO_LABEL, Asked, Whole, centre_of
from silverprint.core.selection.validate import checked_pool

FEWEST: Final = 100_000  # rows: fewer are given to the strategy as they are

Batch: TypeAlias = tuple[NDArray[np.floating], NDArray[np.floating] | None]


@dataclass(frozen=True)
class Looked:
    """What a pass over n pictures of a pool comes to.

    Attributes:
        rows: (n, k) float16, the features as strategies see them.
        hashes: (n,) `content_hash.row_hashes` of them.
        unsure: (n,) margin uncertainty; None without a model.
    """

    rows: NDArray[np.float16]
    hashes: NDArray[np.uint64]
    unsure: NDArray[np.float64] | None


@one_blas_thread
def look(batch: Batch, projection: Projection, scales: NDArray[np.float16], seed: int) -> Looked:
    """A job of the pass.

    Args:
        batch: features (n, D), and what the model thinks, (M, n, C) as `core.half_precision` has it.
        scales: (k,) powers of two, of the columns of the projection.
        seed: of the selection.

    Raises:
        DataError: a figure is not finite, or a row of probabilities is no distribution.
    """
    features, stored = batch
    rows = projection(features.astype(np.float32))
    rows *= scales
    thought = None if stored is None else half_precision.from_half(stored)
    checked_pool(rows, thought, np.empty(0, dtype=np.int64), None, 0, seed)
    return Looked(rows, row_hashes(rows, seed), None if thought is None else uncertainty.margin(thought))


def is_worth_it(strategy: str, rows: int) -> bool:
    """Whether a strategy draws what it looks at, and there are many rows."""
    return rows >= FEWEST and strategy in STRATEGIES and STRATEGIES[strategy].draws_by is not None


def keep(
    strategy: str,
    hashes: NDArray[np.uint64],
    unsure: NDArray[np.float64] | None,
    read: Callable[[NDArray[np.int64]], NDArray[np.floating]],
    *,
    labeled: NDArray[np.int64],
    labels: NDArray[np.int64] | None,
    budget: int,
) -> tuple[NDArray[np.int64], Whole]:
    """The rows to select from, rising: those labelled, and those that the strategy would draw of all N.

    Args:
        strategy: one that `is_worth_it`.
        hashes: (N,) and `unsure`: (N,) or None, of all rows as `look` has them.
        read: places (n,) to embeddings (n, D).
        labeled, labels, budget: as `select` has them.
    """
    draws_by = STRATEGIES[strategy].draws_by
    if draws_by is None:
        raise TypeError(f"{strategy} looks at every row")
    keys, count = keys_of(hashes), len(hashes)
    order = np.argsort(keys, kind="stable")
    is_labeled = np.zeros(count, dtype=np.bool_)
    is_labeled[labeled] = True
    candidates = order[~is_labeled[order]]
    asked = Asked(int(is_labeled.sum()), budget, labels is None or bool((labels != NO_LABEL).any()))
    weights = draws_by(None if unsure is None else unsure[candidates], len(candidates), asked)
    drawn = np.argsort(-weights / uniform_numbers(keys[candidates], STREAM), kind="stable")[: looked_at(budget)]
    kept = np.union1d(candidates[drawn], labeled)
    centre = centre_of(np.asarray(read(order[:CENTRE_ROWS]), dtype=np.float32))
    return kept, Whole(count, keys[kept], centre)
