"""Sureness: the log-odds that a prediction is right, from its confidence and its class.

One class is oftener taken for another than the next, and pictures of no class at all are taken for some class oftener
than for others. The confidence alone does not say so. Platt scaling with an offset for each class (Platt 1999,
"Probabilistic Outputs for Support Vector Machines", section 2.2; offsets shrunk to 0 by a normal prior) learns it from
predictions that were checked: sureness = offset + offset of the class + slope * logit(confidence).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

Names = Shaped[NDArray[np.str_], " n"]
Confidences = Float[NDArray[np.floating], " n"]
Correct = Bool[NDArray[np.bool_], " n"]
LogOdds = Float[NDArray[np.float64], " n"]

# Standard deviations of the priors, all around what leaves the order of the confidences as it is.
_SLOPE_SPREAD: Final = 0.5  # of log slope
_CLASS_SPREAD: Final = 1.0  # of a class's offset; one of all classes is free within 10
_COMMON_SPREAD: Final = 10.0

_LEAST: Final = 1e-6  # confidences are kept so far from 0 and 1


@dataclass(frozen=True)
class Sureness:
    slope: float  # above 0: in one class a surer prediction stays the surer one
    offset: float
    classes: Mapping[str, float]  # class -> its offset; 0 where it is not known

    def scores(self, classes: Names, confidence: Confidences) -> LogOdds:
        """The log-odds that each prediction is right."""
        own = np.array([self.classes.get(name, 0.0) for name in classes.tolist()], dtype=np.float64)
        return self.offset + own + self.slope * log_odds(confidence)

    def confidence(self, name: str, score: float) -> float:
        """The confidence with which a prediction of class `name` has `score`, 0..1."""
        return float(expit((score - self.offset - self.classes.get(name, 0.0)) / self.slope))


def fit(classes: Names, confidence: Confidences, right: Correct) -> Sureness:
    """The most probable one; without any checked prediction the log-odds of the confidence itself."""
    names, places = np.unique(classes, return_inverse=True)
    odds, signs = log_odds(confidence), np.where(right, 1.0, -1.0)
    spreads = np.array([_SLOPE_SPREAD, _COMMON_SPREAD, *[_CLASS_SPREAD] * len(names)])

    def loss(free: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope = np.exp(free[0])
        margins = signs * (free[1] + free[2:][places] + slope * odds)
        pull = -signs * expit(-margins)
        own = np.bincount(places, weights=pull, minlength=len(names))
        gradient = np.array([(pull * odds).sum() * slope, pull.sum(), *own]) + free / spreads**2
        return float(-log_expit(margins).sum() + (free**2 / (2 * spreads**2)).sum()), gradient

    found = minimize(loss, np.zeros(len(spreads)), jac=True, method="L-BFGS-B").x
    own = dict(zip(names.tolist(), found[2:].tolist(), strict=True))
    return Sureness(float(np.exp(found[0])), float(found[1]), own)


def log_odds(confidence: Confidences) -> LogOdds:
    """Finite, however sure: of 1 in a million to a million in 1."""
    clipped: NDArray[np.float64] = np.clip(confidence.astype(np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(logit(clipped), dtype=np.float64)
