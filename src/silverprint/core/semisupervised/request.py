"""Request to learn from labels and a pool, checked once, so that no Ω has to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silverprint.errors import DataError

_CHUNK = 16_384  # rows that are looked at together: a pool may be a memory map


@dataclass(frozen=True)
class Request:
    """Features and labels as the caller has them; every figure is finite."""

    rows: NDArray[np.float32]  # (L, D), labelled
    labels: NDArray[np.int64]  # (L,), 0..classes-1
    targets: NDArray[np.float64]  # (L, C), each row sums to 1
    pool: NDArray[np.floating]  # (N, D), not labelled; may be a memory map
    classes: int
    shares: NDArray[np.float64] | None  # (C,), sums to 1
    seed: int


def checked(
    rows: Any, labels: Any, pool: Any, classes: int | Sequence[str], shares: Any, seed: int, targets: Any = None
) -> Request:
    """The request, or a DataError that names what breaks the contract of `fit`."""
    count = classes if isinstance(classes, int) else len(classes)
    if count < 1:
        raise _broken(f"classes = {count}", "must be 1 or more")
    labelled, free = (_matrix(name, array) for name, array in (("rows", rows), ("pool", pool)))
    if labelled.shape[1] != free.shape[1]:
        value = f"rows of {labelled.shape[1]} columns, pool of {free.shape[1]}"
        raise _broken(value, "rows and pool must have the same columns")
    ids = _class_ids(labels, len(labelled), count)
    return Request(
        labelled.astype(np.float32),
        ids,
        np.eye(count)[ids] if targets is None else _distributions(targets, len(labelled), count),
        free,
        count,
        _distribution(shares, count),
        seed,
    )


def _broken(value: str, rule: str) -> DataError:
    return DataError(value, rule, "fix what is passed to semisupervised.fit()")


def _matrix(name: str, array: Any) -> NDArray[np.floating]:
    figures = np.asarray(array)
    if figures.ndim != 2 or not figures.shape[1]:
        raise _broken(f"{name} of shape {figures.shape}", "must be (n, D) with D 1 or more")
    if not np.issubdtype(figures.dtype, np.floating):
        figures = figures.astype(np.float32)
    for start in range(0, len(figures), _CHUNK):
        with np.errstate(over="ignore"):
            finite = np.isfinite(figures[start : start + _CHUNK].astype(np.float32)).all(axis=1)
        if not finite.all():
            raise _broken(f"{name}[{start + int(np.argmin(finite))}]", "features must be finite numbers")
    return figures


def _class_ids(labels: Any, count: int, classes: int) -> NDArray[np.int64]:
    ids = np.asarray(labels)
    if ids.shape != (count,) or not np.issubdtype(ids.dtype, np.integer):
        raise _broken(f"labels of shape {ids.shape} and type {ids.dtype}", f"must be ({count},) integers, one a row")
    if not count:
        raise _broken("no labels", "a model needs a labelled row")
    if ids.min() < 0 or ids.max() >= classes:
        raise _broken(f"labels from {ids.min()} to {ids.max()}", f"must lie in 0..{classes - 1}")
    return ids.astype(np.int64)


def _distribution(shares: Any, classes: int) -> NDArray[np.float64] | None:
    if shares is None:
        return None
    known = np.asarray(shares, dtype=np.float64)
    if known.shape != (classes,) or not np.isfinite(known).all() or known.min() < 0 or known.sum() <= 0:
        value = f"shares = {np.array2string(known.ravel()[:8], precision=3)} of shape {known.shape}"
        raise _broken(value, f"must be ({classes},) shares of at least 0, not all 0")
    return np.asarray(known / known.sum())


def _distributions(targets: Any, rows: int, classes: int) -> NDArray[np.float64]:
    found = np.asarray(targets, dtype=np.float64)
    if found.shape != (rows, classes):
        raise _broken(f"targets of shape {found.shape}", f"must be ({rows}, {classes}), a distribution for each row")
    fit = np.isfinite(found).all(axis=1) & (found >= 0).all(axis=1) & (np.abs(found.sum(axis=1) - 1) < 1e-3)
    if not fit.all():
        raise _broken(f"targets[{int(np.argmin(fit))}]", "must be shares of at least 0 that sum to 1")
    return found
