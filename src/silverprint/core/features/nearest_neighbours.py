"""Nearest earlier neighbours of each of many images, in about N^1.5 steps, however alike they are.

Each row lies in the cell of its nearest centre; it is compared with the rows before it in the few cells nearest to it
(inverted lists: H. Jegou et al., Product Quantization for Nearest Neighbor Search, 2011, section 4). Centres are drawn
from the first rows, and hold until there are twice as many. So what was found for a row stays true whatever is
appended, and appending costs only the search of what is new. Of two pictures that are alike, the later one knows it.

Both steps are done in jobs: rows and all centres; rows and those that they are compared with. Products are exact, and a
row's nearest are the best of what its jobs found, so it does not matter who does them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.features.sketches import LENGTH, Sketches
from silverprint.core.jobs import Run

Indices = NDArray[np.int64]
Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]

RULE: Final = 2  # raised when `nearest` comes to others; who keeps them asks for it

_ONE_CELL = 4096  # fewer rows are compared with all others; a power of two, as `founders` are
_PROBES = 10  # cells that a row is looked for in
_CROWD = 20_000  # rows: of a cell, only the first so many are compared with everything; see `_search`
_CHUNK = 4096
_FEW = 100_000  # rows: the search of fewer takes a few seconds, and is done here
_ASKING = 32_768  # rows of a job that are looked for, 17 MB
_NOTHING: Final = -(2**31)


@dataclass(frozen=True)
class Nearest:
    """Each row's nearest among those before it, the nearest first, at equal distance the earliest.

    Attributes:
        live: (N,) rows that take part; the others have no neighbours and are nobody's.
        cells: (N,) int32, where each row lies.
        rows: (N, k) int32; -1 where there are fewer, and for rows that are not live.
        products: (N, k) int32 dot products of the sketches.
    """

    live: Flags
    cells: Numbers
    rows: Numbers
    products: Numbers

    @property
    def cosines(self) -> NDArray[np.float32]:
        """(N, k), -1..1; -1 where there is no such row."""
        return (self.products / np.float32(LENGTH) ** 2).clip(-1, 1)

    @property
    def crowded(self) -> int:
        """Live rows that were compared with a part only of those before them in their cell."""
        late = [members[_CROWD:] for members in _grouped(self.cells, int(self.cells.max(initial=0)) + 1)]
        return int(self.live[np.concatenate(late)].sum())


def founders(count: int) -> int:
    """How many first rows, of `count`, the centres (and a mean) are to be drawn from: all, or the half at least."""
    return count if count < _ONE_CELL else 1 << (count.bit_length() - 1)


def nearest(rows: Sketches, live: Flags, k: int, seed: int, before: Nearest | None = None, run: Run = map) -> Nearest:
    """The k nearest of each live row, nearly always: one may lie in a cell that is not looked into.

    Args:
        rows: (N, D) sketches.
        live: (N,).
        k: 1 or more.
        before: what was found for the first n of these `rows`, with the same `k`, `seed` and `founders`. The outcome is
            the same with and without it.
        run: does the jobs, where many rows are sought.
    """
    count = len(rows)
    if before is not None and (live[: len(before.live)] & ~before.live).any():
        before = None  # those after such a row have not been compared with it
    start = 0 if before is None else len(before.live)
    found = _grown(before, live, k)
    todo = live.copy()
    todo[:start] &= ((found.rows[:start] >= 0) & ~live[found.rows[:start]]).any(axis=1)
    found.rows[todo | ~live], found.products[todo | ~live] = -1, _NOTHING
    sought = np.union1d(np.flatnonzero(todo), np.arange(start, count))
    run = run if len(sought) >= _FEW else map
    near = _probed(rows, sought, seed, run)
    new = sought >= start
    found.cells[sought[new]] = near[new, 0]
    asking = todo[sought]
    _search(rows, sought[asking], near[asking], found, run)
    return found


def _grown(before: Nearest | None, live: Flags, k: int) -> Nearest:
    """`before` with room for all rows."""
    cells = np.zeros(len(live), dtype=np.int32)
    rows, products = np.full((2, len(live), k), -1, dtype=np.int32)
    if before is not None:
        start = len(before.live)
        cells[:start], rows[:start], products[:start] = before.cells, before.rows, before.products
    return Nearest(live, cells, rows, products)


def _probed(rows: Sketches, sought: Indices, seed: int, run: Run) -> Numbers:
    """(n, P) cells of the rows `sought`, the nearest first; P is _PROBES, or as many as there are."""
    if len(rows) < _ONE_CELL:
        return np.zeros((len(sought), 1), dtype=np.int32)
    first = founders(len(rows))
    centres = np.random.default_rng(seed).choice(first, 3 * round(first**0.5), replace=False)
    probe = partial(_nearest_centres, centres=rows[centres])
    parts = run(probe, (rows[sought[start : start + _ASKING]] for start in range(0, len(sought), _ASKING)))
    return np.concatenate([np.empty((0, _PROBES), dtype=np.int32), *parts])


@one_blas_thread
def _nearest_centres(part: Sketches, centres: Sketches) -> Numbers:
    """(n, _PROBES) places of the nearest of `centres` of each row of `part`."""
    cells, products = np.full((2, len(part), _PROBES), -1, dtype=np.int32)
    products[:] = _NOTHING
    columns, numbers = centres.astype(np.float32).T, np.arange(len(centres))
    for start in range(0, len(part), _CHUNK):
        few = slice(start, start + _CHUNK)
        everything = np.full(len(part[few]), len(centres))
        _offer(part[few].astype(np.float32) @ columns, everything, numbers, cells[few], products[few])
    return cells


@dataclass(frozen=True)
class _Compared:
    """A job of the search: some seekers, and rows that each of them is offered if they come before it.

    Attributes:
        seekers, base: (n,) and (m,) numbers of rows, rising.
        sought, offered: (n, D) and (m, D) their sketches.
    """

    seekers: Indices
    base: Indices
    sought: Sketches
    offered: Sketches


def _search(rows: Sketches, seekers: Indices, near: Numbers, found: Nearest, run: Run) -> None:
    """Offers to each of `seekers`, rising, the live rows before it in the cells that are `near`."""
    jobs = _packed(_comparisons(rows, seekers, near, found))
    for compared in run(partial(_compare_all, k=found.rows.shape[1]), jobs):
        for asked, best, products in compared:
            _merge(asked, best, products, found.rows, found.products)


def _comparisons(rows: Sketches, seekers: Indices, near: Numbers, found: Nearest) -> Iterator[_Compared]:
    """Of a cell, everybody is offered the first _CROWD rows. Its later rows are cut into pieces of _CROWD, in their
    order, and within a piece each is offered those before it, too.
    """
    cells = int(max(found.cells.max(initial=0), near.max(initial=0))) + 1
    members = _grouped(found.cells, cells)
    asking = _grouped(near.ravel(), cells)

    def compared(asked: Indices, base: Indices) -> Iterator[_Compared]:
        base = base[found.live[base]]
        for start in range(0, len(asked), _ASKING):
            part = asked[start : start + _ASKING]
            earlier = base[: np.searchsorted(base, part[-1])]
            if len(earlier):
                yield _Compared(part, earlier, rows[part], rows[earlier])

    for cell, base in enumerate(members):
        yield from compared(seekers[asking[cell] // near.shape[1]], base[:_CROWD])
        own = seekers[near[:, 0] == cell] if len(base) > _CROWD else seekers[:0]
        for start in range(_CROWD, len(base), _CROWD):
            part = base[start : start + _CROWD]
            yield from compared(own[(own > part[0]) & (own <= part[-1])], part)


def _packed(comparisons: Iterator[_Compared]) -> Iterator[list[_Compared]]:
    """As many together as have _ASKING rows, 17 MB; a single one may have _CROWD rows more."""
    pack: list[_Compared] = []
    size = 0
    for one in comparisons:
        more = len(one.seekers) + len(one.base)
        if pack and size + more > _ASKING:
            yield pack
            pack, size = [], 0
        pack.append(one)
        size += more
    if pack:
        yield pack


@one_blas_thread
def _compare_all(pack: list[_Compared], k: int) -> list[tuple[Indices, Numbers, Numbers]]:
    """Of each comparison the seekers, and the k best of what they were offered, (n, k) rows and products."""
    return [(one.seekers, *_compare(one, k)) for one in pack]


def _compare(one: _Compared, k: int) -> tuple[Numbers, Numbers]:
    best, products = np.full((2, len(one.seekers), k), -1, dtype=np.int32)
    products[:] = _NOTHING
    for start in range(0, len(one.seekers), _CHUNK):
        part = slice(start, start + _CHUNK)
        count = int(np.searchsorted(one.base, one.seekers[part][-1]))
        found = one.sought[part].astype(np.float32) @ one.offered[:count].astype(np.float32).T
        _offer(found, one.seekers[part], one.base[:count], best[part], products[part])
    return best, products


@njit(cache=True)
def _offer(
    products: NDArray[np.float32], limits: Indices, base: Indices, kept_rows: Numbers, kept_products: Numbers
) -> None:
    """Takes into each row's few best those of `base`, rising, that are below its limit and have larger products."""
    last = kept_rows.shape[1] - 1
    for seeker in range(len(limits)):
        for place in range(len(base)):
            if base[place] >= limits[seeker]:
                break
            product = products[seeker, place]
            if product < kept_products[seeker, last]:
                continue
            rank = last + 1
            while rank > 0 and (
                product > kept_products[seeker, rank - 1]
                or (product == kept_products[seeker, rank - 1] and base[place] < kept_rows[seeker, rank - 1])
            ):
                rank -= 1
            if rank > last:
                continue
            for lower in range(last, rank, -1):
                kept_rows[seeker, lower] = kept_rows[seeker, lower - 1]
                kept_products[seeker, lower] = kept_products[seeker, lower - 1]
            kept_rows[seeker, rank] = base[place]
            kept_products[seeker, rank] = np.int32(product)


@njit(cache=True)
def _merge(seekers: Indices, best: Numbers, products: Numbers, kept_rows: Numbers, kept_products: Numbers) -> None:
    """Takes into each seeker's few best, rows of `kept_rows`, those of another such list, of other rows."""
    last = kept_rows.shape[1] - 1
    for seeker in range(len(seekers)):
        own = seekers[seeker]
        for place in range(best.shape[1]):
            row, product = best[seeker, place], products[seeker, place]
            rank = last + 1
            while rank > 0 and (
                product > kept_products[own, rank - 1]
                or (product == kept_products[own, rank - 1] and row < kept_rows[own, rank - 1])
            ):
                rank -= 1
            if row < 0 or rank > last:
                break
            for lower in range(last, rank, -1):
                kept_rows[own, lower] = kept_rows[own, lower - 1]
                kept_products[own, lower] = kept_products[own, lower - 1]
            kept_rows[own, rank] = row
            kept_products[own, rank] = product


def _grouped(cells: Numbers, count: int) -> list[Indices]:
    """For each cell, the places in `cells` that name it, rising."""
    order = np.argsort(cells, kind="stable")
    return np.split(order, np.cumsum(np.bincount(cells, minlength=count))[:-1])
