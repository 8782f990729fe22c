"""Entropy minimisation with fairness: the network is to be sure of each picture, and of all classes alike."""

import math
from typing import ClassVar

from torch import Tensor

from silverprint.model.finetune.omega.contract import Omega


def entropy(shares: Tensor) -> Tensor:
    """H(p) of (..., C) probabilities, nats; 0 log 0 is 0."""
    return -(shares * shares.clamp_min(1e-12).log()).sum(dim=-1)


class Entropy(Omega):
    """Ω = mean H(p_b) + log C - H(mean p_b), at least 0. Without the rest all pictures may come to be one class.

    Source: Grandvalet & Bengio 2004, Semi-supervised Learning by Entropy Minimization, equation 8 (the first part);
    Krause, Perona & Gomes 2010, Discriminative Clustering by Regularized Information Maximization, equation 3.
    """

    compares: ClassVar[bool] = False

    def __init__(self, classes: int, pool: int) -> None:
        super().__init__(classes, pool)
        self.most = math.log(classes)

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        shares = logits.softmax(dim=1)
        return entropy(shares).mean() + self.most - entropy(shares.mean(dim=0))
