"""Promise of precision for automatic labels: the least score above which they are right often enough, with confidence.

Learn then test (Angelopoulos, Bates, Candes, Jordan & Lei 2021, arXiv:2110.01052, Theorem 1): of many thresholds each
is a hypothesis, "here the precision is below the promised one". What is released is a threshold whose hypothesis was
rejected, by a procedure that rejects a true one with probability 1 - confidence at most, although the threshold is
chosen from the data. The p-values are exact binomial ones (Clopper & Pearson 1934). The procedure is fixed-sequence
testing from the strictest threshold to the least, with a few starts that share the level
(Wiens & Dmitrienko 2005, J. Biopharm. Stat. 15(6), 929-942: a rejection hands its level on, a start adds its own).
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy.stats import binom

from silverprint.errors import DataError

Scores = Float[NDArray[np.floating], " n"]
Hits = Bool[NDArray[np.bool_], " n"]

_PARTS: Final = (4, 2)  # the tests start again at a quarter and at a half of the audit, where it is large enough


def threshold(scores: Scores, right: Hits, *, precision: float, confidence: float) -> float | None:
    """The least audited score t for which labels with a score of at least t keep the promise; None where none does.

    With probability `confidence` or more over the draw of the audit: of all pictures that score t or more, the share
    `precision` at least is right. Scores need not be calibrated. Two conditions:

    - The audit is a random draw from the pictures that may be released, and nothing was trained or tuned on it.
    - A stricter threshold is nowhere less precise. Then let t* be the threshold at which the precision is just the
      promised one. Given how many of the audited score t* or more, the hits of each larger set are at most binomial
      with the promised share, so that its p-value is valid although its threshold is a score of the audit. Which sizes
      the tests start at depends on the size of the audit alone.

    Args:
        scores: (n,) of audited pictures, higher is surer; of any scale, finite.
        right: (n,) whether the automatic label is the true one.
        precision: the share that is promised to be right, above 0 and below 1.
        confidence: above 0 and below 1.

    Raises:
        DataError: a shape, a figure or a share is not as said.
    """
    values, hits = _checked(scores, right, precision, confidence)
    order = np.argsort(-values, kind="stable")
    sizes = np.flatnonzero(np.diff(values[order], append=-np.inf)) + 1  # pictures with the same score go together
    p_values = binom.sf(np.cumsum(hits[order])[sizes - 1] - 1, sizes, precision)
    starts = _starts(len(order), precision, 1 - confidence)
    level, begun, least = 0.0, 0, None
    for size, p_value in zip(sizes, p_values, strict=True):
        while begun < len(starts) and starts[begun] <= size:
            level += (1 - confidence) / len(starts)
            begun += 1
        if p_value > level:
            level = 0.0
        elif level:
            least = float(values[order[size - 1]])
    return least


def least_audit(precision: float, confidence: float) -> int:
    """How many audited pictures above a threshold, all of them right, are enough for the promise: no fewer ever are."""
    return math.ceil(math.log(1 - confidence) / math.log(precision) - 1e-9)


def _starts(count: int, precision: float, level: float) -> list[int]:
    """Sizes of the sets that the tests start at, rising; none where the audit is too small for any.

    The first is the least that could be enough. One wrong label in it ends the tests there: hence the other starts.
    """
    for parts in (_PARTS, _PARTS[1:], ()):
        least = least_audit(precision, 1 - level / (1 + len(parts)))
        more = [count // part for part in parts]
        if least <= count and (not more or more[0] >= 2 * least):
            return [least, *more]
    return []


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
