"""Accuracy of a model's predictions for the evaluation images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.evaluation.paired import Estimate
from silverprint.core.evaluation.weighted import Mask, Weights

Probabilities = Float[NDArray[np.floating], "n classes"]
ClassIds = Int[NDArray[np.integer], " n"]
Confidences = Float[NDArray[np.floating], " n"]

_DIGITS = 6
_FIGURES = (
    "accuracy", "accuracy_low", "accuracy_high",
    "balanced_accuracy", "balanced_accuracy_low", "balanced_accuracy_high",
    "macro_f1", "macro_f1_low", "macro_f1_high", "ece",
)  # fmt: skip


def overall_accuracy(probabilities: Probabilities, labels: ClassIds, weights: Weights | None = None) -> dict[str, Any]:
    """What `accuracy_of` says, and log loss; null where n is 0."""
    found = accuracy_of(probabilities.argmax(axis=1), probabilities.max(axis=1), labels, weights)
    if not len(labels):
        return found | {"log_loss": None}
    likelihood = np.maximum(probabilities[np.arange(len(labels)), labels].astype(np.float64), 1e-12)
    return found | {"log_loss": round(-weighted.mean(np.log(likelihood), weights), _DIGITS)}


def accuracy_of(
    predicted: ClassIds, confidence: Confidences, labels: ClassIds, weights: Weights | None = None
) -> dict[str, Any]:
    """n, accuracy, balanced accuracy and macro-F1 with their 95 % intervals, calibration error; null where n is 0.

    Balanced accuracy is the mean recall of the classes that occur (Brodersen et al. 2010). The interval of an accuracy
    without weights is Wilson's, the others are those of `core.evaluation.weighted`.

    Args:
        weights: (n,) for how many pictures each stands; None where all stand for as many.
    """
    n = len(labels)
    if n == 0:
        return {"n": 0, **dict.fromkeys(_FIGURES)}
    correct = predicted == labels
    right = share_right(correct, weights)
    balanced = weighted.balanced_accuracy(predicted, labels, weights)
    f1 = weighted.macro_f1(predicted, labels, weights)
    figures = (*right, *balanced, *f1, expected_calibration_error(confidence, correct, weights=weights))
    return {"n": n, **{name: round(float(figure), _DIGITS) for name, figure in zip(_FIGURES, figures, strict=True)}}


def share_right(correct: Mask, weights: Weights | None) -> Estimate:
    """The share of the pictures, of which there is at least one, on which a model is right."""
    if weights is None:
        return Estimate(float(correct.mean()), *wilson(int(correct.sum()), len(correct)))
    return weighted.share(correct, np.ones_like(correct), weights)


def per_class_accuracy(
    predicted: ClassIds, labels: ClassIds, classes: Sequence[str], weights: Weights | None = None
) -> dict[str, dict[str, float | int | None]]:
    """Precision, recall, F1 (0..1; null where undefined) and support, in pictures, of each class.

    Also the ends of the 95 % intervals of the first two: 0 and 1 where nothing was seen.
    """
    return {name: _one_class(predicted == index, labels == index, weights) for index, name in enumerate(classes)}


def _one_class(said: Mask, truth: Mask, weights: Weights | None) -> dict[str, float | int | None]:
    masses = np.ones(len(truth)) if weights is None else weights
    hits, n_said, n_truth = (float(masses @ rows) for rows in (said & truth, said, truth))
    found: dict[str, float | int | None] = {
        "precision": _share(hits, n_said),
        "recall": _share(hits, n_truth),
        "f1": _share(2 * hits, n_said + n_truth),
        "support": int(truth.sum()),
    }
    for name, among in (("precision", said), ("recall", truth)):
        _, low, high = weighted.share(said & truth, among, weights) if among.any() else (0.0, 0.0, 1.0)
        found |= {f"{name}_low": round(low, _DIGITS), f"{name}_high": round(high, _DIGITS)}
    return found


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, _DIGITS) if whole else None
