"""Models that differ in nothing but the labels of their training pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from silverprint.config import Model
from silverprint.core.features import block_weights
from silverprint.model.ensemble import pool_scaling, train_ensemble
from silverprint.store.features import Features


class Retraining:
    """Trains as `train` does; whatever the labels, the members have the same random weights, so that luck of the draw
    does not tell two models apart.

    Args:
        pool: the pictures by which features are scaled.
        training: the pictures to train on.
        judged: the pictures to predict.
        seed: of the round, as `train` has it.
    """

    def __init__(
        self, features: Features, pool: Sequence[str], training: Sequence[str], judged: Sequence[str], seed: int
    ) -> None:
        self._blocks = features.blocks
        self._standard = pool_scaling(features, pool)
        self._rows, self._judged = features.matrix(training), features.matrix(judged)
        self._seed = seed

    def predicted(self, labels: NDArray[np.int64], classes: int, recipe: Model) -> NDArray[np.int64]:
        """(m,) class ids of the pictures judged, by a model of the class ids `labels`, (n,), of those to train on."""
        weights = block_weights.choose_weights(self._standard(self._rows), labels, self._blocks)
        weighed = self._standard.weighed(block_weights.column_scales(weights, self._blocks))
        head, _ = train_ensemble(self._rows, labels, weighed, classes=classes, recipe=recipe, seed=self._seed)
        return np.asarray(head.predict(self._judged).mean(axis=0).argmax(axis=1), dtype=np.int64)
