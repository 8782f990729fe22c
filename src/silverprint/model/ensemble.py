"""Training of a calibrated head from labelled examples."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from silverprint.config import Model
from silverprint.core.evaluation.calibration import temperature
from silverprint.core.evaluation.resampling import stratified_bootstrap, stratified_folds
from silverprint.model.fit import fit
from silverprint.model.head import Head
from silverprint.store.features import Features

_FOLDS = 5


class FeatureScaling(NamedTuple):
    """Scaling of features: centred, each block divided by one number; not whitened."""

    centre: NDArray[np.float32]  # (D,)
    scale: NDArray[np.float32]  # (D,), constant within a block

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return (rows - self.centre) / self.scale

    def weighed(self, factors: NDArray[np.float32]) -> "FeatureScaling":
        """The standard whose columns are `factors`, (D,) above 0, times as large."""
        return FeatureScaling(self.centre, self.scale / factors)


class TrainedHead(NamedTuple):
    """A head, and what was learnt about its own examples."""

    head: Head
    held_out: NDArray[np.float32]  # (N, C), for each the mean of members that did not see it, at the head's temperature


def pool_scaling(features: Features, image_ids: Sequence[str]) -> FeatureScaling:
    """The standard under which the pictures have mean 0 and each block of their features a mean squared norm of 1."""
    total = np.zeros(features.width)
    squares = np.zeros(features.width)
    for batch in features.batches(image_ids):
        rows = batch.astype(np.float64)
        total += rows.sum(axis=0)
        squares += np.square(rows).sum(axis=0)
    centre = total / len(image_ids)
    variance = np.maximum(squares / len(image_ids) - centre**2, 0.0)
    scale = np.ones(features.width)
    for block in features.blocks.values():
        scale[block] = np.sqrt(variance[block].sum()) or 1.0
    return FeatureScaling(centre.astype(np.float32), scale.astype(np.float32))


def train_ensemble(
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    standard: FeatureScaling,
    *,
    classes: int,
    recipe: Model,
    seed: int,
) -> TrainedHead:
    """A head of `recipe.members` members, each on a bootstrap sample of its own, with a cross-fitted temperature.

    Args:
        rows: (N, D) features as stored.
        labels: (N,) class ids.
    """
    members = stratified_bootstrap(labels, recipe.members, seed)
    fold = stratified_folds(labels, min(_FOLDS, len(labels)), seed + 1)
    held_out = [members * (fold != number) for number in np.unique(fold)]
    weight, bias = fit(standard(rows), labels, np.concatenate([members, *held_out]), classes=classes, recipe=recipe)
    cross = _head(standard, weight[recipe.members :], bias[recipe.members :])
    logits, unseen = _cross_fitted(cross, rows, labels, fold, recipe.members)
    warmth = temperature(logits[:, ~unseen], labels[~unseen])
    own = slice(0, recipe.members)
    held = softmax(logits / warmth, axis=2).mean(axis=0).astype(np.float32)
    return TrainedHead(_head(standard, weight[own], bias[own], warmth), held)


def train_members(
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    standard: FeatureScaling,
    *,
    classes: int,
    recipe: Model,
) -> Head:
    """A head with one member for each row of `weights` (K, N); its temperature is 1."""
    weight, bias = fit(standard(rows), labels, weights, classes=classes, recipe=recipe)
    return _head(standard, weight, bias)


def _cross_fitted(
    cross: Head, rows: NDArray[np.float32], labels: NDArray[np.int64], fold: NDArray[np.int64], members: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Logits (M, N, C) of each example by the members that did not see it; (N,) whether those never saw its class."""
    import torch

    with torch.inference_mode():
        every = cross.logits(torch.from_numpy(rows)).numpy()
    logits = np.empty((members, *every.shape[1:]), dtype=np.float64)
    unseen = np.zeros(len(labels), dtype=np.bool_)
    for index, number in enumerate(np.unique(fold)):
        held = fold == number
        logits[:, held] = every[index * members : (index + 1) * members, held]
        unseen[held] = ~np.isin(labels[held], labels[~held])
    return logits, unseen


def _head(
    standard: FeatureScaling, weight: NDArray[np.float32], bias: NDArray[np.float32], warmth: float = 1.0
) -> Head:
    return Head.of(centre=standard.centre, scale=standard.scale, weight=weight, bias=bias, temperature=np.array(warmth))
