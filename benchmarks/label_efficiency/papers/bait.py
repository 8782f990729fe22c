"""BAIT (Ash et al. 2021, "Gone Fishing: Neural Active Learning with Fisher Embeddings"), one block for all classes.

Of the head's Fisher information I(x) = x xᵀ ⊗ (diag p - p pᵀ), the batch S minimises tr(M⁻¹ F), with M = λ 1 + the sum
of I over the labelled rows and S, F the mean of I over the pool. 2 B rows are added greedily, then B of them are taken
out greedily, by the least loss.

Simplified so that it scales: of the factor diag p - p pᵀ only the trace is kept, w = 1 - Σ p_c², on the diagonal. All
classes then share the (D, D) block of w x xᵀ in place of (D C, D C); with two classes it is the paper's binary form,
with a constant w its regression form. Every row is one vector v = √w x, so that a step is a rank-one update (Sherman
and Morrison) of M⁻¹ and of two numbers a row, a = vᵀ M⁻¹ v and b = vᵀ M⁻¹ F M⁻¹ v. Adding a row lowers the objective by
b / (1 + a), taking it out raises it by b / (1 - a). A step costs O(N D + D²), and no array is larger than (N, D).

What the paper leaves open, and what is done here: λ is the head's own penalty times the number of labels, which makes M
the Hessian of the loss that the head was fitted to; p is calibrated; the bias counts as a feature; the first batch is
random's.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.request import NeedsModel, Request

OVERSAMPLED = 2  # times the budget, before the pruning


class Bait:
    def __call__(self, request: Request) -> NDArray[np.int64]:
        if request.head is None:
            raise NeedsModel
        shares = request.head.probabilities(request.embeddings)
        weight = np.maximum(1 - (shares**2).sum(axis=1, keepdims=True), 0)
        wide = np.column_stack([request.embeddings, np.ones(len(weight))])
        ridge = request.head.penalty * max(len(request.labeled), 1)
        return chosen(np.sqrt(weight) * wide, request.labeled, request.budget, ridge)


def chosen(vectors: NDArray[np.float64], labeled: NDArray[np.int64], budget: int, ridge: float) -> NDArray[np.int64]:
    """(N, D) vectors v of the information v vᵀ to the picked rows, in the order in which they were added."""
    design = _Design(vectors, labeled, ridge)
    free = np.ones(len(vectors), dtype=bool)
    free[labeled] = False
    picked: list[int] = []
    for _ in range(min(OVERSAMPLED * budget, int(free.sum()))):
        row = int(np.where(free, design.worth / (1 + design.spread), -np.inf).argmax())
        design.change(row, 1.0)
        free[row] = False
        picked.append(row)
    while len(picked) > budget:
        rows = np.array(picked)
        place = int((design.worth[rows] / np.maximum(1 - design.spread[rows], 1e-12)).argmin())
        design.change(picked.pop(place), -1.0)
    return np.array(picked, dtype=np.int64)


class _Design:
    """M⁻¹, and for every row what it would change: `spread` is a, `worth` is b of the formulas above."""

    def __init__(self, vectors: NDArray[np.float64], labeled: NDArray[np.int64], ridge: float) -> None:
        self.vectors = vectors
        self.information = vectors.T @ vectors / len(vectors)
        known = vectors[labeled]
        self.inverse = np.linalg.inv(ridge * np.eye(vectors.shape[1]) + known.T @ known)
        seen = vectors @ self.inverse
        self.spread = (seen * vectors).sum(axis=1)
        self.worth = ((seen @ self.information) * seen).sum(axis=1)

    def change(self, row: int, sign: float) -> None:
        """Adds a row to the design (sign 1) or takes it out (-1)."""
        step = self.inverse @ self.vectors[row]
        size = sign + self.vectors[row] @ step
        toward = self.information @ step
        along, across = self.vectors @ step, self.vectors @ (self.inverse @ toward)
        self.worth += (along / size) ** 2 * (step @ toward) - 2 * along * across / size
        self.spread -= along**2 / size
        self.inverse -= np.outer(step, step) / size
