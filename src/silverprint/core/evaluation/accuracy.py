"""Accuracy of a model's predictions for the evaluation images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.evaluation.intervals import wilson

Probabilities = Float[NDArray[np.floating], "n classes"]
ClassIds = Int[NDArray[np.integer], " n"]
Confidences = Float[NDArray[np.floating], " n"]

_DIGITS = 6


def overall_accuracy(probabilities: Probabilities, labels: ClassIds) -> dict[str, Any]:
    """What `accuracy_of` says, and log loss; null where n is 0."""
    found = accuracy_of(probabilities.argmax(axis=1), probabilities.max(axis=1), labels)
    if not len(labels):
        return found | {"log_loss": None}
    likelihood = np.maximum(probabilities[np.arange(len(labels)), labels].astype(np.float64), 1e-12)
    return found | {"log_loss": round(float(-np.log(likelihood).mean()), _DIGITS)}


def accuracy_of(predicted: ClassIds, confidence: Confidences, labels: ClassIds) -> dict[str, Any]:
    """n, accuracy with its 95 % interval (Wilson), balanced accuracy, calibration error; null where n is 0.

    Balanced accuracy is the mean recall of the classes that occur (Brodersen et al. 2010).
    """
    n = len(labels)
    names = ("accuracy", "accuracy_low", "accuracy_high", "balanced_accuracy", "ece")
    if n == 0:
        return {"n": 0, **dict.fromkeys(names)}
    correct = predicted == labels
    low, high = wilson(int(correct.sum()), n)
    figures = (
        correct.mean(),
        low,
        high,
        np.mean([correct[labels == label].mean() for label in np.unique(labels)]),
        expected_calibration_error(confidence, correct),
    )
    return {"n": n, **{name: round(float(figure), _DIGITS) for name, figure in zip(names, figures, strict=True)}}


def per_class_accuracy(
    predicted: ClassIds, labels: ClassIds, classes: Sequence[str]
) -> dict[str, dict[str, float | int | None]]:
    """Precision, recall, F1 (0..1; null where undefined) and support of each class."""
    return {name: _one_class(predicted == index, labels == index) for index, name in enumerate(classes)}


def _one_class(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float | int | None]:
    hits, n_said, n_truth = int((said & truth).sum()), int(said.sum()), int(truth.sum())
    return {
        "precision": _share(hits, n_said),
        "recall": _share(hits, n_truth),
        "f1": _share(2 * hits, n_said + n_truth),
        "support": n_truth,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, _DIGITS) if whole else None
