"""The nearest neighbours of many pictures by their features, in about N^1.5 steps, however alike they are.

Each row lies in the cell of its nearest centre; it is compared with the rows of the few cells nearest to it (inverted
lists: H. Jegou et al., Product Quantization for Nearest Neighbor Search, 2011, section 4). Centres are rows of the
pool, so a crowd of look-alikes is cut into as many cells as it deserves, and each row keeps only its few best.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.directions import unit

Rows = NDArray[np.float32]
Indices = NDArray[np.int64]

DIMENSIONS: Final = 256  # of the projected features: cosines are kept within about (1 - cosine²) / 16

RULE: Final = 1  # raised when `nearest` comes to others, for whoever keeps what it found

_ONE_CELL = 4096  # rows that are compared with all others
_PROBES = 10  # cells that a row is looked for in
_CROWD = 20_000  # rows of one cell: a larger one is cut, and what is cut apart is not compared
_CHUNK = 4096


@dataclass(frozen=True)
class Nearest:
    """Each row's nearest others, the nearest first; where there are fewer, rows are -1 and cosines -1.

    Attributes:
        rows: (N, k) int64.
        cosines: (N, k) float32, -1..1.
        crowded: rows in cells that were cut.
    """

    rows: Indices
    cosines: Rows
    crowded: int


def projected(
    batches: Iterable[tuple[Indices, Rows]], count: int, blocks: list[slice], centre: Rows, seed: int
) -> Rows:
    """(N, DIMENSIONS) unit rows whose dot products are about the cosines of centred features.

    Args:
        batches: places among the N rows, (n,), and their features, (n, D).
        count: N.
        blocks: of columns; each weighs the same.
        centre: (D,) the features' mean, or that of a sample.
    """
    axes = np.random.default_rng(seed).standard_normal((len(centre), DIMENSIONS), dtype=np.float32)
    found = np.zeros((count, DIMENSIONS), dtype=np.float32)
    for places, batch in batches:
        centred = batch - centre
        for block in blocks:
            centred[:, block] = unit(centred[:, block])
        found[places] = unit((centred @ axes).astype(np.float32, copy=False))
    return found


def nearest(rows: Rows, k: int, seed: int) -> Nearest:
    """The k nearest of each of (N, D) unit rows, nearly always: one may lie in a cell that is not looked into."""
    n = len(rows)
    found = Nearest(np.full((n, k), -1, dtype=np.int64), np.full((n, k), -1, dtype=np.float32), 0)
    if n <= _ONE_CELL:
        everybody = np.arange(n)
        _search(rows, everybody, everybody, found)
        return found
    centres = np.random.default_rng(seed).choice(n, 2 * round(n**0.5), replace=False)
    near = np.concatenate([_best(part @ rows[centres].T, _PROBES)[0] for part in np.array_split(rows, -(-n // _CHUNK))])
    crowded = 0
    members = _grouped(near[:, 0], len(centres))
    seekers = _grouped(near.ravel(), len(centres))
    for cell, base in enumerate(members):
        if len(base) <= _CROWD:
            _search(rows, seekers[cell] // _PROBES, base, found)
            continue
        crowded += len(base)
        for part in np.array_split(base, -(-len(base) // _CROWD)):
            _search(rows, part, part, found)
    return Nearest(found.rows, found.cosines, crowded)


def _search(rows: Rows, seekers: Indices, base: Indices, found: Nearest) -> None:
    """Offers the rows of `base` to each of `seekers`."""
    k = found.rows.shape[1]
    for start in range(0, len(seekers), _CHUNK):
        part = seekers[start : start + _CHUNK]
        cosines = rows[part] @ rows[base].T
        cosines[part[:, None] == base] = -2
        places, values = _best(cosines, k)
        offered = np.where(values > -2, base[places], -1) if len(base) else places
        both = np.concatenate([found.cosines[part], values], axis=1)
        order, best = _best(both, k)
        found.rows[part] = np.take_along_axis(np.concatenate([found.rows[part], offered], axis=1), order, axis=1)
        found.cosines[part] = np.maximum(best, -1)


def _best(values: Rows, k: int) -> tuple[Indices, Rows]:
    """Columns and values of the k largest of each row, the largest first."""
    k = min(k, values.shape[1])
    if k < values.shape[1]:
        places = np.argpartition(values, -k, axis=1)[:, -k:]
    else:
        places = np.broadcast_to(np.arange(k), values.shape)
    largest = np.take_along_axis(values, places, axis=1)
    order = np.argsort(-largest, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(largest, order, axis=1)


def _grouped(cells: Indices, count: int) -> list[Indices]:
    """For each cell, the places in `cells` that name it, rising."""
    order = np.argsort(cells, kind="stable")
    return np.split(order, np.cumsum(np.bincount(cells, minlength=count))[:-1])
