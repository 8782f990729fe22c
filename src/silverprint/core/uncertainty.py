"""Uncertainty of an ensemble about each image: 0 is certain, 1 is as unsure as can be.

Every function takes probabilities of shape (N, C), or (M, N, C) of M ensemble members, which are averaged first (but
for `mutual_information`, which is about their differences).
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
    return np.clip(_entropy(mean(probabilities)), 0.0, 1.0)


def mutual_information(probabilities: Probabilities) -> Uncertainty:
    """H(mean) - mean of H(member), over log C (Houlsby et al. 2011, arXiv:1112.5745, equation 2).

    1 where C members are each sure of another class; 0 for one member, and where all agree, however unsure each is.
    """
    shares = np.asarray(probabilities, dtype=np.float64)
    members = shares if shares.ndim == 3 else shares[None]
    shared: Uncertainty = _entropy(members.mean(axis=0)) - _entropy(members).mean(axis=0)
    return np.clip(shared, 0.0, 1.0)


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis, in units of log C."""
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    found: NDArray[np.float64] = -(shares * logs).sum(axis=-1) / np.log(max(shares.shape[-1], 2))
    return found
