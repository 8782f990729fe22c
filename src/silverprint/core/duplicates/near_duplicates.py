"""Near-duplicates by perceptual hash and colours: evidence that is good enough for dropping."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from silverprint.core.duplicates import colour_agreement
from silverprint.core.duplicates.hamming_join import root, roots
from silverprint.core.duplicates.multi_index_hashing import near_duplicate_pairs
from silverprint.core.jobs import Run

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]

# With how many kept pictures of one hash a picture is compared. Where more share a hash and differ in colour, the
# rest is kept: nothing that strangers send makes the comparison endless.
_MOST: Final = 256


@dataclass(frozen=True)
class Sameness:
    """
    Attributes:
        kinds: (N,) the number of each row's hash among the distinct ones; -1 where a row cannot be compared.
        heads, near: the distinct hashes within the radius of hash k are near[heads[k]:heads[k + 1]], k not among them.
        places: (N,) of each row in `miniatures`; -1 where it has none, and is the same as no other.
        miniatures: (M, S, S, 3) as `core.duplicates.colour_agreement.miniature` makes them.
    """

    kinds: Indices
    heads: Indices
    near: Indices
    places: Indices
    miniatures: NDArray[np.uint8]

    @classmethod
    def by_hash(cls, hashes: Words, rows: Indices, count: int, radius: int, run: Run = map) -> Self:
        """What the hashes say, before any colours are known.

        Args:
            hashes: (R, W) words, of `rows`.
            rows: (R,) those of all `count` rows that can be compared.
            radius: bits at or below which two hashes are nearly the same.
            run: does the jobs of the join, where there are many hashes.

        Raises:
            TooManyPairs: too many distinct hashes within the radius.
        """
        distinct, of = np.unique(hashes, axis=0, return_inverse=True)
        kinds = np.full(count, -1, dtype=np.int64)
        kinds[rows] = of.ravel()
        pairs = near_duplicate_pairs(distinct, radius, run=run)
        both = np.concatenate([pairs, pairs[:, ::-1]])
        near = both[np.argsort(both[:, 0], kind="stable")]
        heads = np.concatenate([[0], np.cumsum(np.bincount(near[:, 0], minlength=len(distinct)))]).astype(np.int64)
        nothing = np.empty((0, colour_agreement.SIDE, colour_agreement.SIDE, 3), dtype=np.uint8)
        return cls(kinds, heads, np.ascontiguousarray(near[:, 1]), np.full(count, -1, dtype=np.int64), nothing)

    def suspects(self) -> Indices:
        """Rows that another one is near to by its hash, rising: whose colours are worth a look."""
        rows = np.flatnonzero(self.kinds >= 0)
        kinds = self.kinds[rows]
        sizes = np.bincount(kinds, minlength=len(self.heads) - 1)
        return rows[(sizes[kinds] > 1) | (np.diff(self.heads)[kinds] > 0)]

    def seen(self, places: Indices, miniatures: NDArray[np.uint8]) -> "Sameness":
        """With the colours of the suspects."""
        return Sameness(self.kinds, self.heads, self.near, places, miniatures)


def representatives(same: Sameness, order: Indices) -> Indices:
    """Which row stands for each of `order`: itself, or an earlier one that is kept and nearly the same.

    Whatever gives way is near to what stands for it; it is not enough to be linked by a chain of others.

    Args:
        order: (K,) rows, the one most worth keeping first.

    Returns:
        (K,) rows; where one equals that of `order`, it is kept.
    """
    by, _ = _compared(same.kinds, same.heads, same.near, same.places, same.miniatures, order)
    return by


def components(same: Sameness) -> Indices:
    """(N,) the smallest row of each row's component, where the same are linked."""
    rows = np.flatnonzero(same.kinds >= 0)
    _, parents = _compared(same.kinds, same.heads, same.near, same.places, same.miniatures, rows)
    return roots(parents)


@njit(cache=True)
def _compared(
    kinds: Indices, heads: Indices, near: Indices, places: Indices, miniatures: NDArray[np.uint8], order: Indices
) -> tuple[Indices, Indices]:
    """For each of `order` the first kept one that is the same; a union-find forest of all that was found the same."""
    parents = np.arange(len(kinds))
    by = order.copy()
    first, last, held = np.full((3, len(heads) - 1), -1, dtype=np.int64)  # the kept places in `order`, for each kind
    following = np.full(len(order), -1, dtype=np.int64)
    for at in range(len(order)):
        row = order[at]
        kind, best = kinds[row], len(order)
        if kind < 0:
            continue
        for place in range(heads[kind] - 1, heads[kind + 1]):
            other = kind if place < heads[kind] else near[place]
            kept = first[other]
            while kept >= 0:
                if _same(places[row], places[order[kept]], miniatures):
                    best = min(best, kept)
                    one, two = root(parents, row), root(parents, order[kept])
                    parents[max(one, two)] = min(one, two)
                kept = following[kept]
        if best < len(order):
            by[at] = order[best]
        elif held[kind] < _MOST:
            if first[kind] < 0:
                first[kind] = at
            else:
                following[last[kind]] = at
            last[kind] = at
            held[kind] += 1
    return by, parents


@njit(cache=True)
def _same(one: int, other: int, miniatures: NDArray[np.uint8]) -> bool:
    if one < 0 or other < 0:
        return False
    return bool(colour_agreement.difference(miniatures[one], miniatures[other]) <= colour_agreement.LIMIT)
