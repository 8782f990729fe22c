"""Validation of a request for a selection, done once, so that no strategy has to."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.strategy import NO_LABEL, Pool, Whole
from silverprint.errors import DataError

# Softmax in half precision strays this far from a sum of one; anything beyond is not a distribution.
SUM_TOLERANCE: Final = 1e-2


def checked_pool(
    embeddings: Any,
    probabilities: Any,
    labeled: Any,
    labels: Any,
    budget: int,
    seed: int,
    brought: Any = None,
    whole: Whole | None = None,
) -> Pool:
    """The request as a Pool. Large arrays are read in chunks and not copied.

    Raises:
        DataError: a shape, a range or a figure breaks the contract of `select`; the message gives the numbers.
    """
    rows = _figures(embeddings)
    if rows.ndim != 2:
        raise _broken(f"embeddings of shape {rows.shape}", "must be (N, D)")
    _require_finite(rows)
    known = _rows_of(labeled, len(rows))
    free = len(rows) - len(np.unique(known))
    if not 0 <= budget <= free:
        value = f"budget = {budget} with {free} unlabelled rows of {len(rows)}"
        raise DataError(value, "the budget must lie between 0 and the unlabelled rows", f"ask for at most {free}")
    shares, ids = _distributions(probabilities, len(rows)), _class_ids("labels", labels, len(known), "labeled")
    came = _class_ids("brought", brought, len(rows), "embeddings")
    if came is not None and came.size and came.min() < NO_LABEL:
        raise _broken(f"brought has {came.min()}", f"must be class ids, or {NO_LABEL} where none came")
    return Pool(rows, shares, known, ids, budget, seed, came, whole)


def _figures(array: Any) -> NDArray[np.floating]:
    figures = np.asarray(array)
    return figures if np.issubdtype(figures.dtype, np.floating) else figures.astype(np.float32)


def _broken(value: str, rule: str) -> DataError:
    return DataError(value, rule, "fix what is passed to select()")


def _require_finite(rows: NDArray[np.floating]) -> None:
    """Finite in single precision, in which strategies compute."""
    bad: list[int] = []
    for part in chunks(len(rows)):
        with np.errstate(over="ignore"):
            finite = np.isfinite(rows[part].astype(np.float32)).all(axis=1)
        bad.extend((part.start + np.flatnonzero(~finite)).tolist())
    if bad:
        raise _broken(f"embeddings row {bad[0]} ({len(bad)} rows in all)", "must be finite")


def _rows_of(labeled: Any, count: int) -> NDArray[np.int64]:
    rows = np.asarray(labeled)
    if rows.ndim != 1 or (rows.size and not np.issubdtype(rows.dtype, np.integer)):
        raise _broken(f"labeled of shape {rows.shape} and type {rows.dtype}", "must be (L,) integers")
    outside = rows[(rows < 0) | (rows >= count)]
    if outside.size:
        raise _broken(f"labeled has {outside[0]}", f"must index the {count} rows")
    return rows.astype(np.int64)


def _class_ids(name: str, labels: Any, count: int, like: str) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    ids = np.asarray(labels)
    if ids.shape != (count,) or (ids.size and not np.issubdtype(ids.dtype, np.integer)):
        value = f"{name} of shape {ids.shape} and type {ids.dtype}"
        raise _broken(value, f"must be ({count},) integers, like {like}")
    return ids.astype(np.int64)


def _distributions(probabilities: Any, count: int) -> NDArray[np.floating] | None:
    if probabilities is None:
        return None
    shares = _figures(probabilities)
    if shares.ndim not in (2, 3) or shares.shape[-2] != count or 0 in (shares.shape[0], shares.shape[-1]):
        if count or shares.ndim not in (2, 3):
            raise _broken(f"probabilities of shape {shares.shape}", f"must be ({count}, C) or (M, {count}, C)")
        return shares
    lowest, sums = np.inf, []
    for part in chunks(count):
        sums.append(shares[..., part, :].sum(axis=-1, dtype=np.float64).ravel())
        lowest = min(lowest, float(shares[..., part, :].min()))
    _require_distributions(lowest, np.concatenate(sums))
    return shares


def _require_distributions(lowest: float, sums: NDArray[np.float64]) -> None:
    if not np.isfinite(sums).all():
        raise _broken(f"probabilities with {int((~np.isfinite(sums)).sum())} rows not finite", "must be numbers")
    if lowest < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE:
        value = f"probabilities from {lowest:.3g} with rows summing to {sums.min():.3g}..{sums.max():.3g}"
        raise _broken(value, "each row must be a distribution (not logits): >= 0, summing to 1")
