"""Greedy maximisation that evaluates only what can still win (Minoux 1978, "Accelerated greedy algorithms").

It is right wherever a row's value never rises while other rows are picked: the gain in coverage, the distance to the
nearest pick, the moment at which a random clock rings.
"""

from heapq import heapify, heappop, heappush
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.strategy import Picks

_BLOCK: Final = 512  # rows evaluated at once, at most


class Objective(Protocol):
    """What a row is worth, given the rows taken so far."""

    def values(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m,), none above what it was before."""

    def take(self, place: int, value: float) -> None:
        """The row is picked."""


def lazy_greedy(objective: Objective, bounds: NDArray[np.float64], budget: int) -> Picks:
    """Picks the row of the largest value, `budget` times over.

    Args:
        bounds: (n,) no row's value lies above its bound.
        budget: picks, at most n.

    Returns:
        Places 0..n-1 and their values when picked. Ties go to the lower place.
    """
    heap = list(zip((-bounds).tolist(), range(len(bounds)), strict=True))
    heapify(heap)
    evaluated = np.full(len(bounds), -1)  # after how many picks
    chosen: list[int] = []
    values: list[float] = []
    size = 1
    while len(chosen) < budget:
        if evaluated[heap[0][1]] == len(chosen):
            loss, place = heappop(heap)
            objective.take(place, -loss)
            chosen.append(place)
            values.append(-loss)
            size = 1
            continue
        places = [heappop(heap)[1] for _ in range(min(size, len(heap)))]
        evaluated[places] = len(chosen)
        for value, place in zip(objective.values(np.array(places)).tolist(), places, strict=True):
            heappush(heap, (-value, place))
        size = min(2 * size, _BLOCK)
    return np.array(chosen, dtype=np.int64), np.array(values, dtype=np.float64)
