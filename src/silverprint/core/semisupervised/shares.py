"""Shares of the classes in the pool: what the mean prediction is pulled to."""

from typing import Final

import numpy as np
from scipy.special import gammaln

from silverprint.core.semisupervised.shapes import ClassIds, Shares

ENOUGH: Final = 5  # labels of a random draw for each class, by which shares are estimated

_LEAST: Final = 1e-4  # share of a class that nothing speaks for: hardly any picture is pulled to it
_STRONGEST: Final = 1e4  # labels' worth of the prior for each class: uniform, as good as


def target_shares(labels: ClassIds, classes: int, known: Shares | None) -> Shares:
    """(C,) the shares, all above 0.

    Those that are `known`, else an estimate by the labels' counts. A class without a label gets next to nothing: which
    pictures it has nobody has shown.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    shown = counts > 0
    shares = np.zeros(classes)
    if known is not None and known[shown].sum() > 0:
        shares[shown] = known[shown]
    else:
        shares[shown] = shrunk(counts[shown])
    return evened(np.asarray(shares / shares.sum()), 1.0)


def evened(shares: Shares, power: float) -> Shares:
    """Shares to a power, 0 equal and 1 as they are; a class that has next to nothing keeps it."""
    shown = shares > _LEAST
    powered = np.where(shown, shares, 0) ** power * shown
    powered = np.maximum(powered / powered.sum(), _LEAST)
    return np.asarray(powered / powered.sum())


def of_shown(shares: Shares, labels: ClassIds) -> Shares:
    """Shares of which a class without any of these labels has next to nothing."""
    shown = np.isin(np.arange(len(shares)), labels)
    return evened(np.where(shown, np.maximum(shares, 2 * _LEAST), 0), 1.0)


def of_random_draw(labels: ClassIds, classes: int) -> Shares | None:
    """(C,) the shares that labels of a random draw estimate, to be passed to `fit`; None where they are too few."""
    if len(labels) < ENOUGH * classes:
        return None
    return shrunk(np.bincount(labels, minlength=classes).astype(np.float64))


def shrunk(counts: Shares) -> Shares:
    """Shares by counts of a draw, as near to equal ones as the counts are: equal where chance alone explains them.

    The mean under a symmetric Dirichlet prior whose strength makes the counts likeliest (empirical Bayes: Minka 2000,
    Estimating a Dirichlet Distribution, the Dirichlet-multinomial of section 2).
    """
    total, classes = counts.sum(), len(counts)

    def misfit(log_strength: float) -> float:
        strength = np.exp(log_strength)
        each = gammaln(counts + strength).sum() - classes * gammaln(strength)
        whole = gammaln(total + classes * strength) - gammaln(classes * strength)
        return float(whole - each)

    from scipy.optimize import minimize_scalar  # loads for long: not before something is fitted

    found = minimize_scalar(misfit, bounds=(np.log(0.1), np.log(_STRONGEST)), method="bounded")
    strength = np.exp(found.x)
    return np.asarray((counts + strength) / (total + classes * strength))
