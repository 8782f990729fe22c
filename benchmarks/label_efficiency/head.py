"""The head of every contestant: multinomial logistic regression, its regularisation and temperature cross-validated.

Refitted from scratch after every batch. The labels at hand decide everything; no other row is looked at.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from silverprint.core.evaluation.calibration import temperature
from silverprint.core.evaluation.resampling import stratified_folds

PENALTIES = (1e-3, 1e-4, 1e-5)
FOLDS = 5


@dataclass(frozen=True)
class Head:
    weight: NDArray[np.float64]  # (D + 1, C); the last row is the bias
    temperature: float
    penalty: float

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, D) to (n, C), calibrated."""
        return softmax((rows @ self.weight[:-1] + self.weight[-1]) / self.temperature, axis=1)

    @cached_property
    def classes(self) -> int:
        return self.weight.shape[1]


def tuned(rows: NDArray[np.float32], labels: NDArray[np.int64], classes: int) -> Head:
    """The penalty, and with it the temperature, of the least cross-validated log loss; then a fit to all labels."""
    space = _Span.of(rows)
    penalty, warmth = _cross_validated(space, labels, classes)
    return Head(space.back(fit(space.rows, labels, classes, penalty)), warmth, penalty)


def refitted(rows: NDArray[np.float32], labels: NDArray[np.int64], classes: int, penalty: float) -> Head:
    """A fit to all labels under a penalty that is known already; its temperature is 1."""
    space = _Span.of(rows)
    return Head(space.back(fit(space.rows, labels, classes, penalty)), 1.0, penalty)


@dataclass(frozen=True)
class _Span:
    """Rows in a basis of their own span: the optimum lies in it, and it is narrower than D while labels are few."""

    rows: NDArray[np.float64]  # (n, r)
    basis: NDArray[np.float64]  # (r, D + 1)

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> "_Span":
        wide = np.column_stack([rows, np.ones(len(rows))])
        left, sizes, right = np.linalg.svd(wide, full_matrices=False)
        kept = sizes > 1e-9 * sizes[0]
        return cls(left[:, kept] * sizes[kept], right[kept])

    def back(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.basis.T @ weight


def _cross_validated(space: _Span, labels: NDArray[np.int64], classes: int) -> tuple[float, float]:
    if len(labels) < 2:
        return PENALTIES[0], 1.0
    fold = stratified_folds(labels, min(FOLDS, len(labels)), seed=0)
    logits = np.full((len(PENALTIES), len(labels), classes), np.nan)
    for number in np.unique(fold):
        train, held = fold != number, fold == number
        held &= np.isin(labels, labels[train])
        weight = None
        for index, penalty in enumerate(PENALTIES):  # from strong to weak: each fit starts where the last one ended
            weight = fit(space.rows[train], labels[train], classes, penalty, weight)
            logits[index, held] = space.rows[held] @ weight
    judged = ~np.isnan(logits[0, :, 0])
    if not judged.any():
        return PENALTIES[0], 1.0
    warmths = [temperature(one[None, judged], labels[judged]) for one in logits]
    losses = [
        -log_softmax(one[judged] / warmth, axis=1)[np.arange(judged.sum()), labels[judged]].mean()
        for one, warmth in zip(logits, warmths, strict=True)
    ]
    best = int(np.argmin(losses))
    return PENALTIES[best], warmths[best]


def fit(
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    classes: int,
    penalty: float,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """(r, C) weights of least mean cross-entropy + penalty / 2 |W|², by L-BFGS."""
    count, width = rows.shape
    truth = np.zeros((count, classes))
    truth[np.arange(count), labels] = 1.0

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weight = flat.reshape(width, classes)
        logits = rows @ weight
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        total = shares.sum(axis=1, keepdims=True)
        value = (np.log(total[:, 0]) - (logits * truth).sum(axis=1)).mean() + penalty / 2 * (flat @ flat)
        slope = rows.T @ (shares / total - truth) / count + penalty * weight
        return float(value), slope.ravel()

    origin = np.zeros(width * classes) if start is None else start.ravel()
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": 100, "gtol": 1e-4})
    return found.x.reshape(width, classes)
