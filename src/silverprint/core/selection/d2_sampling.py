"""Sampling by squared distance, the seeding of k-means++ (Arthur & Vassilvitskii 2007, section 2.2): exact, and lazy.

Each next centre x is drawn with probability D²(x) / Σ D², where D² is the squared distance to the nearest centre yet.
Here every row has a clock that rings at the rate D²(x): the next to ring is such a draw, and because an exponential
clock has no memory, one number for each row serves all draws. As centres are added rates only fall and rings are only
put off, so the greedy choice of the next ring may be lazy: a million rows are measured once, a few thousand again.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.lazy_greedy import lazy_greedy
from silverprint.core.selection.strategy import Picks

# Squared distances (m, k) of rows, (m,) places, to centres, (k,) places.
Distances: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


def d2_sample(distances: Distances, chance: NDArray[np.float64], first: int, budget: int) -> Picks:
    """`budget` distinct places, `first` the first of them.

    Args:
        chance: (n,) in (0, 1), drawn for each place.
        budget: 1..n. Where all that is left lies on a centre, the lowest places are next.

    Returns:
        The places as drawn, and each one's D² when it was drawn; NaN for the first.
    """
    others = np.delete(np.arange(len(chance)), first)
    clocks = _Clocks(distances, others, -np.log(chance[others]), first)
    drawn, _ = lazy_greedy(clocks, clocks.values(np.arange(len(others))), budget - 1)
    return np.concatenate([[first], others[drawn]]), np.array([np.nan, *clocks.drawn_at], dtype=np.float64)


class _Clocks:
    """Minus the moment at which each row's clock will ring, an `Objective`."""

    def __init__(self, distances: Distances, rows: NDArray[np.int64], hazard: NDArray[np.float64], first: int) -> None:
        self.distances = distances
        self.rows = rows
        self.hazard = hazard  # rate x time until a ring, Exp(1)
        self.centres = [first]
        self.moments = [0.0]  # moments at which each centre was added
        self.drawn_at: list[float] = []  # D² of each draw

    def values(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        rates = np.minimum.accumulate(self.distances(self.rows[places], np.array(self.centres)), axis=1)
        left = self.hazard[places] - (rates[:, :-1] * np.diff(self.moments)).sum(axis=1)
        wait = np.full(len(places), np.inf)
        np.divide(np.maximum(left, 0), rates[:, -1], out=wait, where=rates[:, -1] > 0)
        return -(self.moments[-1] + wait)

    def take(self, place: int, value: float) -> None:
        row = self.rows[place]
        self.drawn_at.append(float(self.distances(np.array([row]), np.array(self.centres)).min()))
        if np.isfinite(value):  # infinite: every row left lies on a centre
            self.centres.append(int(row))
            self.moments.append(-value)
