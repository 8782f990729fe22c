"""Weights of examples: bootstrap samples, folds. One row of weights is one model to train."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

ClassIds = Int[NDArray[np.integer], " n"]
Weights = Float[NDArray[np.float64], "models n"]
Folds = Int[NDArray[np.int64], " n"]


def stratified_bootstrap(labels: ClassIds, members: int, seed: int) -> Weights:
    """Bayesian bootstrap weights within each class: positive, and each class keeps its total, so that none vanishes.

    Source: Rubin 1981, Annals of Statistics 9(1), 130-134.
    """
    drawn = np.random.default_rng(seed).exponential(size=(members, len(labels)))
    for label in np.unique(labels):
        rows = labels == label
        drawn[:, rows] *= rows.sum() / drawn[:, rows].sum(axis=1, keepdims=True)
    return drawn


def stratified_folds(labels: ClassIds, folds: int, seed: int) -> Folds:
    """The fold 0..folds-1 of each example: each class is spread over the folds as evenly as it can be."""
    rng = np.random.default_rng(seed)
    by_class = np.lexsort((rng.random(len(labels)), labels))
    fold = np.empty(len(labels), dtype=np.int64)
    fold[by_class] = np.arange(len(labels)) % folds
    return fold
