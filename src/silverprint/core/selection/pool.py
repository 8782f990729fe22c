"""What a strategy is given: the arrays, checked once, and every row in a seeded order of its content."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int64
from numpy.typing import NDArray

from silverprint.errors import DataError

Indices = Int64[NDArray[np.int64], " b"]
Values = Float[NDArray[np.float64], " b"]
Picks: TypeAlias = tuple[Indices, Values]

# Softmax in half precision strays this far from a sum of one; anything beyond is not a distribution.
SUM_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Pool:
    """A checked request. Strategies read it and return (indices, values): the best first, `budget` of `candidates`.

    Values are acquisition values, higher is better; NaN where a strategy has none.
    """

    embeddings: NDArray[np.float32]  # (N, D), finite
    probabilities: NDArray[np.floating] | None  # (N, C) or (M, N, C), rows sum to 1
    labeled: NDArray[np.int64]  # (L,), rows
    labels: NDArray[np.int64] | None  # (L,), class ids
    budget: int  # 0..number of rows not labelled
    seed: int

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """All rows, (N,), in an order that depends on their content and the seed only, not on where they stand.

        Strategies work through the rows in this order and break ties by it, so that they neither prefer the first
        rows nor change their choice when the rows are shuffled. Only exact copies are told apart by their place.
        """
        return np.argsort(_content_keys(self.embeddings, self.seed), kind="stable").astype(np.int64)

    @cached_property
    def candidates(self) -> NDArray[np.int64]:
        """The rows that are not labelled, in `order`."""
        return self.order[~self._is_labeled[self.order]]

    @cached_property
    def covered(self) -> NDArray[np.int64]:
        """The labelled rows, each once, in `order`."""
        return self.order[self._is_labeled[self.order]]

    @cached_property
    def _is_labeled(self) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.embeddings), dtype=bool)
        mask[self.labeled] = True
        return mask


def checked(embeddings: Any, probabilities: Any, labeled: Any, labels: Any, budget: int, seed: int) -> Pool:
    """The request as a Pool.

    Raises:
        DataError: a shape, a range or a figure breaks the contract of `select`; the message gives the numbers.
    """
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    if rows.ndim != 2:
        raise _broken(f"embeddings of shape {rows.shape}", "must be (N, D)")
    bad = np.flatnonzero(~np.isfinite(rows.sum(axis=1, dtype=np.float64)))
    if len(bad):
        raise _broken(f"embeddings row {bad[0]} ({len(bad)} rows in all)", "must be finite")
    known = _rows_of(labeled, len(rows))
    free = len(rows) - len(np.unique(known))
    if not 0 <= budget <= free:
        value = f"budget = {budget} with {free} unlabelled rows of {len(rows)}"
        raise DataError(value, "the budget must lie between 0 and the unlabelled rows", f"ask for at most {free}")
    return Pool(rows, _distributions(probabilities, len(rows)), known, _class_ids(labels, len(known)), budget, seed)


def _broken(value: str, rule: str) -> DataError:
    return DataError(value, rule, "mend what is passed to select()")


def _rows_of(labeled: Any, count: int) -> NDArray[np.int64]:
    rows = np.asarray(labeled)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise _broken(f"labeled of shape {rows.shape} and type {rows.dtype}", "must be (L,) integers")
    outside = rows[(rows < 0) | (rows >= count)]
    if outside.size:
        raise _broken(f"labeled has {outside[0]}", f"must index the {count} rows")
    return rows.astype(np.int64)


def _class_ids(labels: Any, count: int) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    ids = np.asarray(labels)
    if ids.shape != (count,) or (ids.size and not np.issubdtype(ids.dtype, np.integer)):
        raise _broken(f"labels of shape {ids.shape} and type {ids.dtype}", f"must be ({count},) integers, like labeled")
    return ids.astype(np.int64)


def _distributions(probabilities: Any, count: int) -> NDArray[np.floating] | None:
    if probabilities is None:
        return None
    shares = np.asarray(probabilities)
    if shares.ndim not in (2, 3) or shares.shape[-2] != count or 0 in (shares.shape[0], shares.shape[-1]):
        if count or shares.ndim not in (2, 3):
            raise _broken(f"probabilities of shape {shares.shape}", f"must be ({count}, C) or (M, {count}, C)")
        return shares
    sums = shares.sum(axis=-1, dtype=np.float64)
    if not np.isfinite(sums).all():
        raise _broken(f"probabilities with {int((~np.isfinite(sums)).sum())} rows not finite", "must be numbers")
    if shares.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE:
        value = f"probabilities from {shares.min():.3g} with rows summing to {sums.min():.3g}..{sums.max():.3g}"
        raise _broken(value, "each row must be a distribution (not logits): >= 0, summing to 1")
    return shares


def _content_keys(rows: NDArray[np.float32], seed: int) -> NDArray[np.uint64]:
    """(N,) keyed hashes of the rows; the k-th copy of a row gets a key of its own."""
    key = str(seed).encode()[:64]
    copies: Counter[bytes] = Counter()
    keys = np.empty(len(rows), dtype=np.uint64)
    for place, row in enumerate(rows):
        content = blake2b(row, key=key, digest_size=16).digest()
        copies[content] += 1
        keyed = blake2b(content + copies[content].to_bytes(8, "little"), digest_size=8).digest()
        keys[place] = int.from_bytes(keyed, "little")
    return keys
