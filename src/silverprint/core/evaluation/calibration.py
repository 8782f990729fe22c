"""Calibration: how far a confidence can be trusted, and the temperature that corrects it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

Confidences = Float[NDArray[np.floating], " n"]
Correct = Bool[NDArray[np.bool_], " n"]
Labels = Int[NDArray[np.integer], " n"]
Weights = Float[NDArray[np.float64], " n"]
Logits = Float[NDArray[np.floating], "members n classes"]
Table = Float[NDArray[np.floating], "*rows classes"]
Bins = Float[NDArray[np.float64], " bins"]
Counts = Int[NDArray[np.int64], " bins"]

_COLDEST, _HOTTEST = 0.05, 20.0
_PRIOR_SPREAD = 0.5  # prior spread of log T around 0


@dataclass(frozen=True)
class Reliability:
    """Bins of equal mass, from the least to the most confident."""

    confidence: Bins  # mean confidence in the bin, 0..1
    accuracy: Bins  # share of right predictions in the bin, 0..1
    count: Counts
    mass: Bins  # sum of the weights in the bin


def reliability(
    confidence: Confidences, correct: Correct, bins: int = 10, weights: Weights | None = None
) -> Reliability:
    """Confidence against accuracy in at most `bins` bins of equally many predictions; fewer where n is smaller.

    Args:
        weights: (n,) above 0, for how many pictures each stands: then the means of a bin are weighted; None: alike.
    """
    order = np.argsort(confidence, kind="stable")
    pieces = [piece for piece in np.array_split(order, bins) if len(piece)]
    return Reliability(
        np.array([_mean(confidence, piece, weights) for piece in pieces], dtype=np.float64),
        np.array([_mean(correct, piece, weights) for piece in pieces], dtype=np.float64),
        np.array([len(piece) for piece in pieces], dtype=np.int64),
        np.array([len(piece) if weights is None else weights[piece].sum() for piece in pieces], dtype=np.float64),
    )


def expected_calibration_error(
    confidence: Confidences, correct: Correct, bins: int = 10, weights: Weights | None = None
) -> float:
    """Mean distance between confidence and accuracy over the bins of `reliability`: 0 (perfect) .. 1; 0 without
    predictions.

    Source: Nixon et al. 2019, arXiv:1904.01685 (adaptive calibration error of the top label).
    """
    found = reliability(confidence, correct, bins, weights)
    if not len(found.count):
        return 0.0
    return float(np.average(np.abs(found.confidence - found.accuracy), weights=found.mass))


def _mean(values: NDArray[np.floating] | NDArray[np.bool_], piece: NDArray[np.int64], weights: Weights | None) -> float:
    return float(values[piece].mean() if weights is None else np.average(values[piece], weights=weights[piece]))


def softmax(logits: Table) -> Table:
    """Shares of the last axis. scipy's, of a small table, takes twice as long: it asks what kind of array it is."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def temperature(logits: Logits, labels: Labels) -> float:
    """The T > 0 for which the members' mean of softmax(logits / T) gives `labels` the highest likelihood.

    Above 1: the logits were too sure of themselves. 1.0 where there is nothing to learn from. A weak prior, log T ~
    N(0, 0.5²), keeps a few labels that are all predicted rightly from making the model sure of everything.
    Source: Guo et al. 2017, arXiv:1706.04599, section 4.2; for a mean of members: Rahaman & Thiery 2021,
    arXiv:2007.08792 (pool, then calibrate).
    """
    if not len(labels):
        return 1.0
    rows, exact = np.arange(len(labels)), logits.astype(np.float64)

    def loss(log_t: float) -> float:
        mean = softmax(exact / np.exp(log_t)).mean(axis=0)
        misfit = -np.log(np.maximum(mean[rows, labels], 1e-12)).sum()
        return float(misfit + log_t**2 / (2 * _PRIOR_SPREAD**2))

    from scipy.optimize import minimize_scalar  # loads for long: not before something is fitted

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))
