"""Alignment of two thumbnails that may show one image: cropped, framed, stretched a little or mirrored.

One is shifted and stretched over the other until they agree best, then correlated where they overlap. Look-alikes
agree as well at a glance; under the best alignment a copy agrees nearly perfectly and another object does not.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Thumbnails = NDArray[np.uint8]
Indices = NDArray[np.int64]
Values = NDArray[np.float64]

RULE: Final = 1  # raised when `residuals` comes to others; who keeps them asks for it
SIDE: Final = 48  # pixels: at 32 the interpolation blurs edges by more than look-alikes differ

_STARTS: Final = np.array([1.0, 0.92, 1.09])  # scales from which the search begins: as it is, cropped, framed
_COARSE, _FINE = 5, 2  # steps on every second pixel, then on all
_HOPELESS = ((2, 0.6), (_COARSE, 0.92))  # after so many steps a correlation that no further step improves enough
_DONE = 0.999
_OVERLAP = 0.7  # least share of the pixels that must overlap
_STRETCH, _SHIFT, _STRIDE = 0.25, 0.2, 0.08  # the furthest; shifts in halves of the side; of one step
_SMOOTHEST = 1e-3  # roughness, so that noise in an empty sky counts for something
_CHUNK = 4096
_SHARE = 64  # pairs that a thread takes at once: some end after a few steps, others go all the way
_UNKNOWNS = 6  # contrast, brightness, and stretch and shift of either axis


def residuals(thumbnails: Thumbnails, pairs: Indices, threads: int | None = None) -> Values:
    """How much of each pair's difference no crop, frame, stretch, mirroring, contrast or brightness explains.

    Alignment by Gauss-Newton steps on the squared difference (B. D. Lucas, T. Kanade, An Iterative Image Registration
    Technique, IJCAI 1981), with contrast and brightness free. What is left, 1 - correlation, is measured by what a
    step of one pixel does to the thumbnails themselves: of grass much is left by interpolation alone, and two empty
    skies agree whatever they show.

    Pairs are shared out among threads.

    Args:
        thumbnails: (N, S, S) grey levels.
        pairs: (P, 2) rows of `thumbnails`.
        threads: at most; None: one for each core, and some more.

    Returns:
        (P,) 0 for the same picture; copies mostly lie below 0.2, other pictures above 0.5. It hardly depends on which
        of the two comes first.
    """
    rough = roughness(thumbnails, np.unique(pairs))
    with ThreadPoolExecutor(threads) as pool:
        parts = np.array_split(pairs, max(1, len(pairs) // _SHARE))
        correlations = np.concatenate(list(pool.map(partial(_correlations, thumbnails), parts)))
    return np.asarray((1 - correlations) / np.maximum(rough[pairs].mean(axis=1), _SMOOTHEST))


def roughness(thumbnails: Thumbnails, rows: Indices) -> Values:
    """(N,) 1 - correlation of each of `rows` with itself moved by one pixel, roughly; NaN for the others."""
    found = np.full(len(thumbnails), np.nan)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        shown = thumbnails[part].astype(np.float32)
        down, along = np.diff(shown, axis=1), np.diff(shown, axis=2)
        steps = ((down**2).mean(axis=(1, 2)) + (along**2).mean(axis=(1, 2))) / 2
        found[part] = steps / np.maximum(2 * shown.var(axis=(1, 2)), 1e-9)
    return found


@njit(cache=True, nogil=True)
def _correlations(thumbnails: Thumbnails, pairs: Indices) -> Values:
    found = np.empty(len(pairs), dtype=np.float64)
    for pair in range(len(pairs)):
        left = thumbnails[pairs[pair, 0]].astype(np.float32)
        right = thumbnails[pairs[pair, 1]].astype(np.float32)
        best = -1.0
        for mirrored in (False, True):
            shown = np.ascontiguousarray(right[:, ::-1]) if mirrored else right
            for start in _STARTS:
                if best < _DONE:
                    best = max(best, _aligned(left, shown, start))
        found[pair] = best
    return found


@njit(cache=True)
def _aligned(left: Any, right: Any, start: float) -> float:
    """The best correlation on the way from one starting scale."""
    place = np.array([start, 0.0, start, 0.0])  # a point (x, y) of `right` lies at (p0 x + p1, p2 y + p3) of `left`
    system = np.empty((_UNKNOWNS, _UNKNOWNS + 1))
    best = -1.0
    for step in range(_COARSE + _FINE + 1):
        stride = 2 if step < _COARSE else 1
        found = _normal_equations(left, right, place, stride, system)
        if step >= _COARSE and found > best:
            best = found
        for steps, enough in _HOPELESS:
            if step == steps and found < enough:
                return best
        if found < -0.5 or step == _COARSE + _FINE:
            break
        if not _solve(system) or not _moved(place, system[:, _UNKNOWNS]):
            break
    return best


@njit(cache=True)
def _normal_equations(left: Any, right: Any, place: Values, stride: int, system: Values) -> float:
    """Fills `system`: right ~ contrast * left(place) + brightness + the slopes of left times the moves.

    Returns:
        The correlation at `place`; -1 where too little overlaps or nothing varies.
    """
    side = left.shape[0]
    half = (side - 1) / 2.0
    system[:] = 0.0
    terms = np.empty(_UNKNOWNS + 1)
    count, squares = 0, 0.0
    for row in range(0, side, stride):
        y = (row - half) / half
        down = (place[2] * y + place[3]) * half + half
        if down < 0 or down > side - 1:
            continue
        r = min(int(down), side - 2)
        for column in range(0, side, stride):
            x = (column - half) / half
            along = (place[0] * x + place[1]) * half + half
            if along < 0 or along > side - 1:
                continue
            c = min(int(along), side - 2)
            top = left[r, c] + (left[r, c + 1] - left[r, c]) * (along - c)
            bottom = left[r + 1, c] + (left[r + 1, c + 1] - left[r + 1, c]) * (along - c)
            across = left[r, c + 1] - left[r, c]
            across += (left[r + 1, c + 1] - left[r + 1, c] - across) * (down - r)
            terms[0], terms[1] = top + (bottom - top) * (down - r), 1.0
            terms[2], terms[3] = across * half * x, across * half
            terms[4], terms[5] = (bottom - top) * half * y, (bottom - top) * half
            terms[6] = right[row, column]
            count += 1
            for i in range(_UNKNOWNS):
                for k in range(i, _UNKNOWNS + 1):
                    system[i, k] += terms[i] * terms[k]
            squares += terms[6] * terms[6]
    if count < _OVERLAP * ((side + stride - 1) // stride) ** 2:
        return -1.0
    spread = (system[0, 0] - system[0, 1] ** 2 / count) * (squares - system[1, 6] ** 2 / count)
    if spread <= 0:
        return -1.0
    correlation = (system[0, 6] - system[0, 1] * system[1, 6] / count) / np.sqrt(spread)
    for i in range(_UNKNOWNS):
        system[i, i] *= 1.0001  # a picture of stripes says nothing about shifts along them
        for k in range(i):
            system[i, k] = system[k, i]
    return float(correlation)


@njit(cache=True)
def _moved(place: Values, found: Values) -> bool:
    """Moves `place` by what was found, a small step at most; False where that leads nowhere."""
    if found[0] <= 0.1:
        return False
    for i in range(4):
        place[i] += max(-_STRIDE, min(_STRIDE, found[2 + i] / found[0]))
    stretched = max(abs(np.log(max(place[0], 0.1))), abs(np.log(max(place[2], 0.1))))
    return bool(stretched < _STRETCH and abs(place[1]) < _SHIFT and abs(place[3]) < _SHIFT)


@njit(cache=True)
def _solve(system: Values) -> bool:
    """Solves (n, n + 1) linear equations in place by elimination; the last column is the answer."""
    n = system.shape[0]
    for i in range(n):
        pivot = i + np.argmax(np.abs(system[i:, i]))
        if abs(system[pivot, i]) < 1e-9:
            return False
        for k in range(n + 1):
            system[i, k], system[pivot, k] = system[pivot, k], system[i, k]
        for r in range(n):
            if r != i:
                factor = system[r, i] / system[i, i]
                for k in range(i, n + 1):
                    system[r, k] -= factor * system[i, k]
    for i in range(n):
        system[i, n] /= system[i, i]
    return True
