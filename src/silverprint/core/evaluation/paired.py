"""Paired comparison of two models: intervals of shares and of gains on the same pictures.

A weight for each picture makes one formula serve accuracy (equal weights) and balanced accuracy (each class the same
total). Weighted shares have the spread of a plain share of fewer pictures, the effective number of Kish 1965 ("Survey
Sampling", section 11.7): (sum of weights)² / sum of squared weights. `tests/core/evaluation/test_paired.py` simulates
how often the intervals hold the truth, also on a long tail of classes.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy.typing import NDArray
from scipy.special import ndtri

Hits = Bool[NDArray[np.bool_], " pictures"]
Weights = Float[NDArray[np.float64], " pictures"]
Names = Shaped[NDArray[np.generic], " pictures"]


class Estimate(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def more_than_chance(self) -> bool:
        """Of a gain or a loss: whether the interval leaves out 0. The one rule of all that is said of gains."""
        return self.low > 0 or self.high < 0


def balanced_weights(labels: Names, weights: Weights | None = None) -> Weights:
    """Weights of pictures, (n,), sum 1, that give each class that occurs the same total: by them accuracy is balanced.

    Balanced accuracy is the mean recall of the classes that occur (Brodersen et al. 2010).

    Args:
        weights: (n,) for how many pictures each stands, which divides a class's total among its pictures; None: alike.
    """
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if weights is None:
        return np.asarray(1.0 / (len(counts) * counts[place]), dtype=np.float64)
    return np.asarray(weights / (len(counts) * np.bincount(place, weights)[place]), dtype=np.float64)


def weights_of(n: int, weights: Weights | None) -> Weights:
    """`weights`, (n,), with the sum 1; equal ones where there are none."""
    return equal_weights(n) if weights is None else weights / weights.sum()


def equal_weights(n: int) -> Weights:
    """Weights, (n,), n at least 1, sum 1, by which a weighted share is the plain one."""
    return np.full(n, 1.0 / n)


def share(hits: Hits, weights: Weights, level: float = 0.95) -> Estimate:
    """The weighted share of `hits`, 0..1, with the interval of Wilson 1927 for the effective number of pictures."""
    found, n = float(weights @ hits), _effective(weights)
    z = _z(level)
    middle = (found + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(found * (1 - found) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(found, 0.0 if not hits.any() else float(low), 1.0 if hits.all() else float(high))


def gain(ours: Hits, theirs: Hits, weights: Weights, level: float = 0.95) -> Estimate:
    """How much oftener one model is right than another on the same pictures, -1..1, weighted, with its interval.

    The adjusted Wald interval of a difference of paired proportions: one picture is added to each kind on which exactly
    one of the two is right (Bonett & Price 2012, Journal of Educational and Behavioral Statistics 37(4), 479-488).
    Weighted pictures count as their effective number.
    """
    n = _effective(weights)
    won, lost = float(weights @ (ours & ~theirs)), float(weights @ (~ours & theirs))
    a, b = (won * n + 1) / (n + 2), (lost * n + 1) / (n + 2)
    half = _z(level) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    return Estimate(won - lost, max(-1.0, float(a - b - half)), min(1.0, float(a - b + half)))


def _effective(weights: Weights) -> float:
    return float(weights.sum() ** 2 / np.square(weights).sum())


def _z(level: float) -> float:
    return float(ndtri((1 + level) / 2))
