"""Least audit that a promise of precision needs, by its arithmetic alone: `core.promise` loads solvers beside it."""

import math


def least_audit(precision: float, confidence: float) -> int:
    """How many audited pictures above a threshold, all of them right, are enough for the promise: no fewer ever are."""
    return math.ceil(math.log(1 - confidence) / math.log(precision) - 1e-9)


def most_promised(audited: int, confidence: float) -> float:
    """The largest precision for which `audited` pictures, 1 or more, are a least audit."""
    return float((1 - confidence) ** (1 / audited))
