"""Models that differ in nothing but the labels of their training pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silverprint.config import Model
from silverprint.core.features.lens import Lens
from silverprint.core.features.projection import SAMPLE
from silverprint.model.learning import Material, learn
from silverprint.store.features import Features


@dataclass(frozen=True)
class Retraining:
    """Learns as `train` does; whatever the labels, all chance is the same, so that luck does not tell two models apart.

    Attributes:
        random: (n,) whether a label is of a random draw.
        unlabelled: pictures that nobody labelled.
        judged: the pictures to predict.
        seed: of the round, as `train` has it.
    """

    features: Features
    training: list[str]
    random: NDArray[np.bool_]
    unlabelled: list[str]
    judged: list[str]
    seed: int

    def predicted(self, labels: NDArray[np.int64], targets: NDArray[np.floating], recipe: Model) -> NDArray[np.int64]:
        """(m,) class ids of the pictures judged.

        Args:
            labels: (n,) class ids of the pictures to train on, and `targets`, (n, C), how likely each class is.
        """
        rows, pool = (self.features.matrix(image_ids) for image_ids in (self.training, self.unlabelled))
        lens = Lens.of(np.concatenate([pool[:SAMPLE], rows]), self.features.blocks, rows, labels)
        material = Material(lens(rows), labels, targets, self.random, lens(pool), targets.shape[1])
        head = learn(material, lens, recipe, self.seed).head
        return np.asarray(head.predict(self.features.matrix(self.judged)).mean(axis=0).argmax(axis=1), dtype=np.int64)
