"""What the trial measures on curves: area, labels to a target, paired intervals, adjusted tests.

A curve is accuracy at growing budgets. AULC is its mean over the budgets; paired means: the same seeds, hence the same
pools and test sets.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Curves = NDArray[np.float64]  # (seeds, budgets), 0..1


def balanced_accuracy(predicted: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """The mean over classes of the share that is right."""
    right = np.bincount(truth, weights=predicted == truth)
    return float((right / np.bincount(truth)).mean())


def gains(ours: Curves, theirs: Curves) -> NDArray[np.float64]:
    """(seeds,) differences in AULC, in points."""
    return np.asarray(100 * (ours - theirs).mean(axis=1))


def interval(differences: NDArray[np.float64], level: float = 0.95) -> tuple[float, float, float]:
    """Mean, low and high of paired differences, by Student's t; the ends are not numbers for fewer than two."""
    middle = float(differences.mean())
    if len(differences) < 2:
        return middle, float("nan"), float("nan")
    half = stats.t.ppf((1 + level) / 2, len(differences) - 1) * stats.sem(differences)
    return middle, middle - float(half), middle + float(half)


def p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided paired t-test that the mean difference is 0; 1 for fewer than two."""
    if len(differences) < 2:
        return 1.0
    return float(stats.ttest_1samp(differences, 0.0).pvalue)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The family's p-values adjusted by Holm 1979: the k-th smallest of m times m - k + 1, never falling, at most 1."""
    adjusted, worst = {}, 0.0
    ranked = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (name, value) in enumerate(ranked):
        worst = max(worst, min(1.0, value * (len(ranked) - rank)))
        adjusted[name] = worst
    return adjusted


def cells_won(ours: Curves, theirs: Curves) -> float:
    """The share of (seed, budget) cells in which `ours` is higher; an equal cell counts half."""
    return float(((ours > theirs) + 0.5 * (ours == theirs)).mean())


def labels_ratio(ours: Curves, base: Curves, budgets: NDArray[np.int64], at: int) -> float:
    """How many times fewer labels reach the mean accuracy that `base` has at `at` labels; NaN where they never do.

    The mean curve, made monotone, is interpolated; a curve that starts above the target counts its first budget.
    """
    target = np.interp(at, budgets, base.mean(axis=0))
    rising = np.maximum.accumulate(ours.mean(axis=0))
    if target > rising[-1]:
        return float("nan")
    place = int(np.searchsorted(rising, target))
    if place == 0:
        return at / float(budgets[0])
    low, high = rising[place - 1], rising[place]
    needed = budgets[place - 1] + (target - low) / (high - low) * (budgets[place] - budgets[place - 1])
    return at / float(needed)


def gap_closed(ours: Curves, base: Curves, bound: Curves) -> float:
    """The share of the AULC between `base` and `bound` that `ours` gains."""
    return float((ours - base).mean() / (bound - base).mean())
