"""Jobs of a Hamming join: for each band, the hashes with some of its values, and the choices that begin with it.

Hashes that agree in some bands agree in the first of them. So a job that holds all hashes with some values of a band
finds every pair that agrees in that band and in others after it; each pair is found in one job. A hash travels once for
each band, not for each choice of bands.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, log2
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from silverprint.core.duplicates.hamming_join import Places, Words, bucket, comparisons

Indices = NDArray[np.int64]
Join = Callable[[Indices, tuple[Places, Words, Places]], NDArray[np.int64]]

WHOLE: Final = 200_000  # hashes: the join of fewer is one job; it takes a second or two

_ROWS: Final = 2**19  # hashes of a job, at most, but where more share a whole choice of bands: 18 MB
_KEY_BITS: Final = 12  # of a band, by which its hashes are told apart
_SPARE_BANDS: Final = 8  # more bands than radius + this never paid
_ROW_COST: Final = 8.0  # cost of bucketing one row, in comparisons of two rows


@dataclass(frozen=True)
class Plan:
    """
    Attributes:
        edges: (B + 1,) band b is the bits edges[b]..edges[b + 1].
        choices: (K, A) the choices of bands to bucket by, in lexicographic order.
        bits: of a bucket's number, at most.
    """

    edges: Indices
    choices: Indices
    bits: int

    @classmethod
    def of(cls, words: Words, radius: int) -> Self:
        """What costs least for (N, W) words.

        Where no number of bands helps (few rows, wide radius), the one choice is of no band: all rows in one bucket.
        """
        rows, width = words.shape
        bits = 64 * width
        best_cost, best_bands, best_agree = rows * rows / 2, max(1, width), 0
        for bands in range(max(radius + 1, width), min(bits, radius + _SPARE_BANDS) + 1):
            agree = bands - radius
            share = 2.0 ** min(_bucket_bits(rows), bits * agree // bands)
            cost = comb(bands, agree) * (_ROW_COST * rows + share + rows * rows / 2 / share)
            if cost < best_cost:
                best_cost, best_bands, best_agree = cost, bands, agree
        edges = np.arange(best_bands + 1, dtype=np.int64) * bits // best_bands
        choices = np.array(list(combinations(range(best_bands), best_agree)), dtype=np.int64)
        return cls(edges, choices, _bucket_bits(rows) if best_agree else 0)


def _bucket_bits(rows: int) -> int:
    return min(24, max(4, round(log2(max(rows, 1))) + 1))


@dataclass(frozen=True)
class Job:
    """
    Attributes:
        rows: (n,) which of all hashes these are, rising.
        words: (n, W).
        start: the place of `plan.choices` among those of the whole join.
    """

    rows: Places
    words: Words
    plan: Plan
    start: int


@dataclass(frozen=True)
class Found:
    """What a job found, choice by choice; those after the last were not looked at.

    Attributes:
        first: the first band of every choice of the job.
        start: as that of the job.
        looks: comparisons of two hashes in each choice.
        pairs: (P, ..) of each choice.
    """

    first: int
    start: int
    looks: list[int]
    pairs: list[Indices]


def jobs(words: Words, plan: Plan) -> Iterator[Job]:
    """The jobs of a join of (N, W) distinct hashes, by the first band of their choices.

    The hashes of a job are 18 MB at most, but where more agree in a whole choice of bands.
    """
    everything = np.arange(len(words), dtype=np.int32)
    if len(words) < WHOLE or not plan.choices.shape[1]:
        yield Job(everything, words, plan, 0)
    else:
        yield from _split(words, everything, plan, 0, range(len(plan.choices)))


def _split(words: Words, rows: Places, plan: Plan, depth: int, of: range) -> Iterator[Job]:
    """Jobs of those of the choices `of` which share their first `depth` bands, in whose values all `rows` agree."""
    bands = plan.choices[of.start : of.stop, depth]
    for first in np.unique(bands).tolist():
        start, stop = (of.start + int(np.searchsorted(bands, first, side)) for side in ("left", "right"))
        for part in _by_band(words, rows, plan.edges[first], plan.edges[first + 1]):
            if len(part) > _ROWS and depth + 1 < plan.choices.shape[1]:
                yield from _split(words, part, plan, depth + 1, range(start, stop))
            elif len(part) > 1:
                mine = Plan(plan.edges, plan.choices[start:stop], plan.bits)
                yield Job(part, words if len(part) == len(words) else words[part], mine, start)


def _by_band(words: Words, rows: Places, start: int, stop: int) -> list[Places]:
    """`rows` in parts of _ROWS at most, where it can be, so that those of the same bits start..stop are together."""
    if len(rows) <= _ROWS:
        return [rows]
    word, shift, count = start >> 6, np.uint64(start & 63), min(stop - start, _KEY_BITS)
    bits = words[:, word] >> shift
    if (start & 63) + count > 64:
        bits = bits | (words[:, word + 1] << (np.uint64(64) - shift))
    keys = (bits & np.uint64(2**count - 1)).astype(np.int16)[rows]
    part_of, part, size = np.zeros(2**count, dtype=np.int16), 0, 0
    for key, more in enumerate(np.bincount(keys, minlength=2**count).tolist()):
        if size and size + more > _ROWS:
            part, size = part + 1, 0
        part_of[key], size = part, size + more
    parts = part_of[keys]
    order = np.argsort(parts, kind="stable")
    return np.split(rows[order], np.cumsum(np.bincount(parts))[:-1])


def each_choice(job: Job, look: Join, most_looks: int, most_pairs: int) -> Found:
    """`look` of a job's choices, one after the other, until there are more than `most_pairs` or looks to make."""
    found = Found(int(job.plan.choices.ravel()[:1].sum()), job.start, [], [])
    looks = pairs = 0
    for chosen in job.plan.choices:
        buckets = bucket(job.words, job.plan.edges, chosen, job.plan.bits)
        found.looks.append(int(comparisons(buckets[2])))
        looks += found.looks[-1]
        if looks > most_looks:
            break
        found.pairs.append(look(chosen, buckets))
        pairs += len(found.pairs[-1])
        if pairs > most_pairs:
            break
    return found
