"""How unsure an ensemble is of each picture: 0 is certain, 1 is as unsure as can be.

Every function takes probabilities of shape (N, C), or (M, N, C) of M ensemble members, which are averaged first.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Probabilities = Float[NDArray[np.floating], "*m n c"]
Uncertainty = Float[NDArray[np.float64], " n"]


def mean(probabilities: Probabilities) -> NDArray[np.float64]:
    """The ensemble's mean, (N, C) float64."""
    members = np.asarray(probabilities, dtype=np.float64)
    return members if members.ndim == 2 else members.mean(axis=0)


def margin(probabilities: Probabilities) -> Uncertainty:
    """1 - (p1 - p2) of the two likeliest classes (Scheffer, Decomain & Wrobel 2001). With one class it is 0."""
    ordered = np.sort(mean(probabilities), axis=1)
    second = ordered[:, -2] if ordered.shape[1] > 1 else np.zeros(len(ordered))
    unsure: Uncertainty = 1.0 - (ordered[:, -1] - second)
    return np.clip(unsure, 0.0, 1.0)


def least_confidence(probabilities: Probabilities) -> Uncertainty:
    """(1 - p1) C / (C - 1), so that the uniform distribution is 1 (Lewis & Gale 1994). With one class it is 0."""
    averaged = mean(probabilities)
    classes = averaged.shape[1]
    unsure: Uncertainty = (1.0 - averaged.max(axis=1)) * classes / max(classes - 1, 1)
    return np.clip(unsure, 0.0, 1.0)


def entropy(probabilities: Probabilities) -> Uncertainty:
    """Shannon's entropy divided by log C, so that the uniform distribution is 1. With one class it is 0."""
    averaged = mean(probabilities)
    logs = np.log(averaged, out=np.zeros_like(averaged), where=averaged > 0)
    share: Uncertainty = -(averaged * logs).sum(axis=1) / np.log(max(averaged.shape[1], 2))
    return np.clip(share, 0.0, 1.0)
