"""coreset: the batch that leaves no picture far from a labelled one.

k-center greedy (Sener & Savarese 2018, arXiv:1708.00489, algorithm 1; Gonzalez 1985): the next pick is the row whose
distance to the nearest row labelled or picked is largest.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import chunks
from silverprint.core.selection.distances import squared_distances
from silverprint.core.selection.lazy_greedy import lazy_greedy
from silverprint.core.selection.strategy import Picks, Pool, Strategy

_FIRST: Final = 1_000  # centres that every row is measured against
_TOGETHER: Final = 128


def pick(pool: Pool) -> Picks:
    """The value is that distance, Euclidean, of the embeddings as they are. It needs no model.

    Where nothing is labelled the first pick is the first of the seeded order, without a value.
    """
    start = pool.candidates[: min(1, pool.budget)] if not len(pool.covered) else pool.candidates[:0]
    places = pool.candidates[len(start) :]
    nearest = Nearest(pool, places, np.concatenate([pool.covered, start]))
    chosen, values = lazy_greedy(nearest, nearest.bounds, pool.budget - len(start))
    return np.concatenate([start, places[chosen]]), np.concatenate([np.full(len(start), np.nan), np.sqrt(values)])


class Nearest:
    """The squared distance of each row to the nearest centre, an `Objective`. Each pair is measured about once."""

    def __init__(self, pool: Pool, places: NDArray[np.int64], centres: NDArray[np.int64]) -> None:
        """Bounds are the distances to the first centres; the others are looked at when a row might win."""
        self.pool = pool
        self.places = places
        self.centres = np.empty((len(centres) + pool.budget, pool.embeddings.shape[1]))
        self.count = len(centres)
        self.centres[: self.count] = pool.offsets(centres)
        self.bounds = np.full(len(places), np.inf)
        self.seen = np.zeros(len(places), dtype=np.int64)  # centres that the bound accounts for
        first = min(self.count, _FIRST)
        for part in chunks(len(places)) if first else ():
            self._look(np.arange(part.start, part.stop), pool.offsets(places[part]), first)

    def values(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        by_seen = places[np.argsort(self.seen[places], kind="stable")]
        rows = self.pool.offsets(self.places[by_seen])
        for part in chunks(len(places), _TOGETHER):
            self._look(by_seen[part], rows[part], self.count)
        return self.bounds[places]

    def take(self, place: int, value: float) -> None:
        self.centres[self.count] = self.pool.offsets(self.places[[place]])
        self.count += 1

    def _look(self, places: NDArray[np.int64], rows: NDArray[np.float64], upto: int) -> None:
        """Brings the bounds of `places` to the first `upto` centres."""
        first = self.seen[places].min()
        if first < upto:
            found = squared_distances(rows, self.centres[first:upto]).min(axis=1)
            self.bounds[places] = np.minimum(self.bounds[places], found)
            self.seen[places] = upto


STRATEGY: Final = Strategy(pick, "far from every picture asked before")
