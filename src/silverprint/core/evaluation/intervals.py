"""Confidence intervals for figures of a finite evaluation set."""

import numpy as np
from scipy.special import betaincinv, ndtri


def wilson(successes: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a share, both ends in 0..1; (0, 1) where n is 0. Successes may be parts, 0..1 each:
    then it is wider than it need be.

    Source: Wilson 1927, JASA 22(158), 209-212.
    """
    if n == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = float(middle - half), float(middle + half)
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share, both ends in 0..1; (0, 1) where n is 0. It holds the truth at least as often as
    `level` says, for every n and every share.

    Source: Clopper & Pearson 1934, Biometrika 26(4), 404-413.
    """
    tail = (1 - level) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high
