"""Figures of evaluation pictures that were drawn with known, unequal chances: weighted shares with honest intervals.

A picture's weight is the inverse of its inclusion probability, up to a factor: it stands for so many pictures. A share
is a ratio of weighted sums (Hájek 1971, comment on Basu; Särndal, Swensson & Wretman 1992, "Model Assisted Survey
Sampling", section 5.7), a mean over classes of such ratios balanced accuracy or macro-F1. Pictures of one weight were
drawn alike, and count as one stratum.

The interval is that of a beta distribution with the mean and the variance of the figure, after half a hit and half a
miss were added to each class, as Jeffreys' interval does (Brown, Cai & DasGupta 2001, Statistical Science 16(2),
101-133): spread over the strata as the class is, a tenth of the miss over all strata, for an error in a stratum of few
draws weighs much and is seldom seen. The variance is the linearised one, stratum by stratum (the same book, section
5.7), each with one picture of the whole in it, because the spread of a few pictures alone is too small. Of one stratum
and one class it is Jeffreys' interval.

`python -m benchmarks.evaluation` simulates how often the intervals hold the truth: docs/benchmarks/evaluation.md.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import polars as pl
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.special import betaincinv

from silverprint.core.evaluation.paired import Estimate

Weights = Float[NDArray[np.float64], " n"]
Values = Float[NDArray[np.floating], " n"] | Bool[NDArray[np.bool_], " n"]
Mask = Bool[NDArray[np.bool_], " n"]
ClassIds = Int[NDArray[np.integer], " n"]
Columns: TypeAlias = NDArray[np.float64] | NDArray[np.bool_]

Sums: TypeAlias = NDArray[np.float64]


class _Kind(NamedTuple):
    """What a hit and a miss add to the two sums of a ratio."""

    hit: tuple[float, float]
    miss: tuple[float, float]


_SHARE: Final = _Kind((1, 1), (0, 1))
_F1: Final = _Kind((2, 2), (0, 1))

_ANYWHERE: Final = 0.1  # of an added miss is spread over all strata, wherever the class was seen
_OF_SEVERAL: Final = 0.5  # of what is added moves the mean of several classes: all of it would pull it down too far


def weights_of(rows: pl.DataFrame) -> Weights | None:
    """The column `weight` of rows of EVALUATION; None where it tells no picture from another: all weigh the same.

    A row without a weight weighs 1.
    """
    if "weight" not in rows.columns or rows["weight"].null_count() == rows.height:
        return None
    weights = rows["weight"].fill_null(1.0).to_numpy()
    return None if (weights == weights[0]).all() else weights


def mean(values: Values, weights: Weights | None) -> float:
    """The weighted mean; the plain one where there are no weights."""
    return float(values.mean() if weights is None else np.average(values, weights=weights))


def share(hits: Mask, among: Mask, weights: Weights | None, level: float = 0.95) -> Estimate:
    """The share of the pictures `among`, at least one, that are `hits`, 0..1, with its interval.

    All pictures are to be passed: how many were seen outside `among` says how rarely it was met in each stratum.
    """
    return _mean_of_ratios((hits & among)[:, None], among[:, None], _filled(weights, len(hits)), _SHARE, level)


def balanced_accuracy(predicted: ClassIds, labels: ClassIds, weights: Weights | None, level: float = 0.95) -> Estimate:
    """The mean recall of the classes that occur (Brodersen et al. 2010), 0..1; of at least one picture."""
    true = labels[:, None] == np.unique(labels)
    return _mean_of_ratios(true & (predicted == labels)[:, None], true, _filled(weights, len(labels)), _SHARE, level)


def macro_f1(predicted: ClassIds, labels: ClassIds, weights: Weights | None, level: float = 0.95) -> Estimate:
    """The mean F1 of the classes that occur or are predicted, 0..1; of at least one picture.

    F1 of each class, and then the mean: Opitz & Burst 2019, arXiv:1911.03347.
    """
    known = np.union1d(labels, predicted)
    true, said = labels[:, None] == known, predicted[:, None] == known
    either = true.astype(np.float64) + said
    return _mean_of_ratios(2.0 * (true & said), either, _filled(weights, len(labels)), _F1, level)


def _filled(weights: Weights | None, n: int) -> Weights:
    return np.ones(n) if weights is None else weights


class _Strata:
    """Pictures of one weight each."""

    def __init__(self, weights: Weights) -> None:
        _, stratum, self.pictures = np.unique(weights, return_inverse=True, return_counts=True)
        self.inside = np.zeros((len(self.pictures), len(weights)))
        self.inside[stratum, np.arange(len(weights))] = 1.0
        self.mass = self.inside @ weights

    def added(self, among: NDArray[np.bool_]) -> tuple[Sums, Sums]:
        """Hits and misses that are added in each stratum to each class, whose pictures are `among`."""
        seen = self.inside @ among
        seen = seen / seen.sum(axis=0) / 2
        anywhere = (self.pictures / self.pictures.sum() / 2)[:, None]
        return seen, (1 - _ANYWHERE) * seen + _ANYWHERE * anywhere


def _mean_of_ratios(above: Columns, below: Columns, weights: Weights, kind: _Kind, level: float) -> Estimate:
    """The mean over classes of the weighted sum of `above`, (n, classes), by that of `below`, which is above 0."""
    above, below = above.astype(np.float64), below.astype(np.float64)
    value, classes = float(((weights @ above) / (weights @ below)).mean()), above.shape[1]
    strata = _Strata(weights)
    hits, misses = strata.added(below > 0)
    hit, miss = np.array(kind.hit), np.array(kind.miss)

    def ratios(part: float) -> tuple[Sums, Sums]:
        """The ratio of each class, and what it is divided by, when a part of the hits and misses is added."""
        count = (strata.pictures + part * (hits + misses).sum(axis=1))[:, None]
        sums = (
            strata.mass @ ((strata.inside @ rows + part * (hits * hit[place] + misses * miss[place])) / count)
            for place, rows in enumerate((above, below))
        )
        top, bottom = sums
        return top / bottom, bottom

    found, bottom = ratios(1.0)
    pulls = ((above - below * found) / bottom).sum(axis=1) / classes
    of_hit, of_miss = ((one[0] - one[1] * found) / bottom / classes for one in (hit, miss))
    count = strata.pictures + (hits + misses).sum(axis=1)
    first = (strata.inside @ pulls + hits @ of_hit + misses @ of_miss) / count
    second = (strata.inside @ pulls**2 + hits @ of_hit**2 + misses @ of_miss**2) / count
    whole = strata.mass @ second / strata.mass.sum() if len(strata.mass) > 1 else 0.0
    variance = float(strata.mass**2 @ ((count * (second - first**2) + whole) / count**2))
    middle = float(ratios(1.0 if classes == 1 else _OF_SEVERAL)[0].mean())
    freedom = middle * (1 - middle) / variance
    ends = [(1 - level) / 2, (1 + level) / 2]
    low, high = (float(betaincinv(middle * freedom, (1 - middle) * freedom, end)) for end in ends)
    return Estimate(value, 0.0 if value == 0 else min(low, value), 1.0 if value == 1 else max(high, value))
