"""Promise of precision for automatic labels: the least score above which they are right often enough, with confidence.

Learn then test (Angelopoulos, Bates, Candes, Jordan & Lei 2021, arXiv:2110.01052, Theorem 1): of many thresholds each
is a hypothesis, "here the precision is below the promised one". What is released is a threshold whose hypothesis was
rejected, by a procedure that rejects a true one with probability 1 - confidence at most, although the threshold is
chosen from the data. The p-values are exact binomial ones (Clopper & Pearson 1934). The procedure is fixed-sequence
testing: from a start that is set before the answers are looked at to ever lower thresholds, as long as each is rejected
at the whole level. Stricter ones than the start need no test: where a threshold keeps the promise, they do. So the
start may be anywhere; the best is where most is likely to be released, and what is known of the pool beside the audit
says where that is. As that may be wrong, a second start has a part of the level where the audit is large enough for it
(Bonferroni).
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy.stats import binom, poisson

from silverprint.core.least_audit import least_audit
from silverprint.errors import DataError

Scores = Float[NDArray[np.floating], " n"]
Hits = Bool[NDArray[np.bool_], " n"]
Chances = Float[NDArray[np.floating], " N"]

_MOST_HIDDEN: Final = 0.99  # nothing can be shown anyway: it takes ten thousand audited pictures, all right
_PART: Final = 3  # where nothing of the pool is believed, the tests start near the surest third of the audit
_DOUBT: Final = 0.4  # of the level, for a start there where something is believed


def threshold(
    scores: Scores, right: Hits, *, precision: float, confidence: float, expected: Chances | None = None
) -> float | None:
    """The least audited score t for which labels with a score of at least t keep the promise; None where none does.

    With probability `confidence` or more over the draw of the audit: of all pictures that score t or more, the share
    `precision` at least is right. Scores need not be calibrated. Two conditions:

    - The audit is a random draw from the pictures that may be released, and nothing was trained or tuned on it.
    - A stricter threshold is nowhere less precise. Then let t* be the threshold at which the precision is just the
      promised one. Given how many of the audited score t* or more, the hits of each larger set are at most binomial
      with the promised share, so that its p-value is valid although its threshold is a score of the audit. Which size
      the tests start at depends on the size of the audit and on `expected`, and on nothing of the audited pictures.

    Args:
        scores: (n,) of audited pictures, higher is surer; of any scale, finite.
        right: (n,) whether the automatic label is the true one.
        precision: the share that is promised to be right, above 0 and below 1.
        confidence: above 0 and below 1.
        expected: (N,) of the pictures that may be released, none of them audited: how likely each label is right, 0..1,
            by anything but the audit. Where it is wrong less may be released, and the promise is kept all the same.

    Raises:
        DataError: a shape, a figure or a share is not as said.
    """
    values, hits = _checked(scores, right, precision, confidence)
    order = np.argsort(-values, kind="stable")
    sizes = np.flatnonzero(np.diff(values[order], append=-np.inf)) + 1  # pictures with the same score go together
    p_values = binom.sf(np.cumsum(hits[order])[sizes - 1] - 1, sizes, precision)
    for start, level in _starts(len(order), precision, 1 - confidence, expected):
        tested = sizes >= start
        kept = int(np.argmin(np.append(p_values[tested] <= level, False)))  # tests before the first that fails
        if kept:
            return float(values[order[sizes[tested][kept - 1] - 1]])
    return None


def to_show(precision: float, hidden: float) -> float:
    """The share that has to seem right, for the share `precision` to be right.

    Of labels of which the share p is right, p + (1 - p) `hidden` seem right at most.

    Args:
        precision: above 0 and below 1.
        hidden: of wrong labels the share that an audit takes for right, at most; more than .99 counts as that much.
    """
    return precision + (1 - precision) * min(hidden, _MOST_HIDDEN)


def estimated_audit(scores: Scores, right: Hits, *, precision: float, confidence: float) -> int | None:
    """About how many audited pictures the promise needs somewhere, if they were right as often as these are.

    Of the n surest with h hits, the share (h + 1/2) / (n + 1) is taken for the truth (Jeffreys); the cheapest n counts.
    None where even the surest are not right often enough, or a hundred thousand pictures would not do.
    """
    values, hits = _checked(scores, right, precision, confidence)
    sizes = np.arange(1, len(values) + 1)
    shares = (np.cumsum(hits[np.argsort(-values, kind="stable")]) + 0.5) / (sizes + 1)
    above = np.unique(np.geomspace(least_audit(precision, confidence), 1e5, 200).astype(np.int64))
    needed = []
    for size, share in zip(sizes[shares > precision], shares[shares > precision], strict=True):
        enough = binom.sf(np.floor(share * above) - 1, above, precision) <= 1 - confidence
        if enough.any():
            needed.append(math.ceil(above[enough.argmax()] * len(values) / size))
    return min(needed, default=None)


def _starts(count: int, precision: float, level: float, expected: Chances | None) -> list[tuple[int, float]]:
    """Sizes of the sets that tests start at, and the level of each: where it is best by what is expected, and then near
    the surest third, if so many may be enough at a part of the level.
    """
    usual, doubt = _near_third(count, precision, level), _DOUBT * level
    if expected is None or not len(expected):
        return [(usual, level)]
    best = _best(count, precision, level, expected)
    if best == usual or least_audit(precision, 1 - doubt) > count // _PART:
        return [(best, level)]
    return [
        (_best(count, precision, level - doubt, expected), level - doubt),
        (_near_third(count, precision, doubt), doubt),
    ]


def _near_third(count: int, precision: float, level: float) -> int:
    """Of a third of the audit, the least part that allows as many wrong ones.

    The least set that could be enough allows none, and one wrong label among the surest pictures would end all tests.
    """
    sizes, _ = _least_sets(count // _PART, precision, level)
    return int(sizes[-1]) if len(sizes) else least_audit(precision, 1 - level)


def _best(count: int, precision: float, level: float, expected: Chances) -> int:
    """Of the least sets that allow so many wrong ones, that with the greatest size times the chance of so few there."""
    sizes, allowed = _least_sets(count, precision, level)
    if not len(sizes):
        return least_audit(precision, 1 - level)
    surest = np.cumsum(1 - np.sort(np.asarray(expected, dtype=np.float64))[::-1])  # wrong ones among them
    places = np.ceil(sizes / count * len(surest)).astype(np.int64) - 1
    wrong = surest[places] * count / len(surest)  # as many in a set of the audit
    return int(sizes[np.argmax(sizes * poisson.cdf(allowed, wrong))])


def _least_sets(most: int, precision: float, level: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sizes up to `most` at which one wrong label more is allowed than at those before, and how many that are."""
    sizes = np.arange(1, most + 1)
    allowed = binom.ppf(level, sizes, 1 - precision).astype(np.int64) - 1
    places = np.flatnonzero(np.diff(allowed, prepend=-1))
    return sizes[places], allowed[places]


def _checked(
    scores: Scores, right: Hits, precision: float, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, hits = np.asarray(scores, dtype=np.float64), np.asarray(right)
    for name, share in (("precision", precision), ("confidence", confidence)):
        if not 0 < share < 1:
            raise DataError(f"{name} = {share}", "must lie between 0 and 1", "promise for example .97 at .95")
    if values.ndim != 1 or hits.shape != values.shape:
        value = f"scores of shape {values.shape}, right of shape {hits.shape}"
        raise DataError(value, "one score and one hit or miss for each audited picture", "pass two arrays (n,)")
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DataError(
            f"scores[{at}] = {values[at]}", "scores must be numbers", "leave such pictures out of the audit"
        )
    if hits.dtype != np.bool_ and not np.isin(hits, (0, 1)).all():
        raise DataError(f"right of type {hits.dtype}", "must be true or false for each picture", "pass booleans")
    return values, hits.astype(np.bool_)
