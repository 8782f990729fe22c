"""Near-duplicates among perceptual hashes, found without comparing every picture with every other.

The pigeonhole principle: cut the hash into m bands; two hashes that differ in at most r bits agree in at least m - r
bands. So for every choice of m - r bands, only hashes that agree in those are compared (M. Norouzi et al., Fast Exact
Search in Hamming Space with Multi-Index Hashing, 2014, section 3, with subsets in place of single bands). The join is
done in jobs (`band_jobs`); whoever does them, what is found is the same.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silverprint.core.duplicates import band_jobs
from silverprint.core.duplicates.band_jobs import Found, Job, Plan, each_choice
from silverprint.core.duplicates.hamming_join import (
    Places,
    bucket_numbers,
    crossing_pairs,
    join,
    near_pairs,
    roots,
    unite,
)
from silverprint.core.jobs import Run
from silverprint.errors import DataError

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]

PAIR_LIMIT = 20_000_000
COMPARISON_LIMIT = 200_000_000_000  # some minutes; hashes that tell pictures apart need a thousandth of it

Buckets = tuple[Places, Words, Places]


class TooManyPairs(DataError):  # noqa: N818  its name in the design
    """The pairs asked for would not fit, or finding them would not end: the radius is too wide for these pictures.

    So it is, too, where most hashes share most of their bits (heavy buckets): blank or generated pictures.
    """

    def __init__(self, limit: int, what: str = "near-duplicate pairs") -> None:
        rule = "the radius is too wide for these pictures"
        super().__init__(f"more than {limit} {what}", rule, "lower clean.duplicate_radius and clean.group_radius")


def near_duplicate_pairs(hashes: Words, radius: int, limit: int = PAIR_LIMIT, run: Run = map) -> Indices:
    """All pairs of hashes that differ in at most `radius` bits.

    Args:
        hashes: (N,) or (N, W) words.
        radius: bits, at least 0.
        limit: pairs, of distinct hashes as of rows.
        run: does the jobs, where there are many hashes.

    Returns:
        (P, 2) indices, i < j, sorted.

    Raises:
        TooManyPairs: more than `limit`, or more than COMPARISON_LIMIT looks to find them.
    """
    distinct, members, starts = _collapse(hashes)
    found: list[Indices] = [np.empty((0, 2), dtype=np.int64)]
    looks = total = 0
    for part in _done(run, partial(_near, radius=radius, limit=limit), distinct, radius):
        looks += sum(part.looks)
        _require_few(looks)
        total += sum(map(len, part.pairs))
        if total > limit:
            raise TooManyPairs(limit)
        found += part.pairs
    return _expand(np.concatenate(found), members, starts, limit)


def near_duplicate_groups(hashes: Words, radius: int, run: Run = map) -> Indices:
    """Connected components of the pairs that differ in at most `radius` bits; the pairs are never listed.

    Args:
        hashes: (N,) or (N, W) words.
        radius, run: as `near_duplicate_pairs` has them.

    Returns:
        (N,) the smallest index in the row's component.

    Raises:
        TooManyPairs: more than COMPARISON_LIMIT looks to find them.
    """
    distinct, members, starts = _collapse(hashes)
    parents = np.arange(len(distinct))
    looks = 0
    for part, links in _done(run, partial(_united, radius=radius), distinct, radius):
        looks += sum(part.looks)
        _require_few(looks)
        join(parents, links)
    of_row = np.empty(len(members), dtype=np.int64)
    of_row[members] = np.repeat(roots(parents), np.diff(starts))
    smallest = np.full(len(distinct), len(members), dtype=np.int64)
    np.minimum.at(smallest, of_row, np.arange(len(members)))
    return np.asarray(smallest[of_row])


def near_others(hashes: Words, others: Words, radius: int, parts: Indices, limit: int, run: Run = map) -> Indices:
    """Pairs of one of `hashes` and one of `others` that differ in at most `radius` bits, where they are of two parts.

    Args:
        hashes, others: (N, W) words; row i of either is of the picture i.
        radius: bits.
        parts: (N,) a number for each part that pictures are divided into.
        limit: pairs.
        run: does the jobs, where there are many hashes.

    Returns:
        (P, 2) rows of `hashes` and of `others`, sorted; at most `limit`, and which ones is the same on every machine.

    Raises:
        TooManyPairs: more than COMPARISON_LIMIT looks to find them.
    """
    both = np.ascontiguousarray(np.concatenate([hashes, others]), dtype=np.uint64)
    run = run if len(both) >= band_jobs.WHOLE else map
    jobs = ((job, parts[job.rows % len(parts)]) for job in band_jobs.jobs(both, Plan.of(both, radius)))
    work = partial(_crossing, radius=radius, count=len(hashes), limit=limit)
    rows = _first_pairs(run(work, jobs), limit) - np.array([0, len(hashes)])
    return np.asarray(rows[np.lexsort((rows[:, 1], rows[:, 0]))])


def _done(run: Run, work: Callable[[Job], Any], distinct: Words, radius: int) -> Iterator[Any]:
    jobs = band_jobs.jobs(distinct, Plan.of(distinct, radius))
    return (run if len(distinct) >= band_jobs.WHOLE else map)(work, jobs)


def _require_few(looks: int) -> None:
    if looks > COMPARISON_LIMIT:
        raise TooManyPairs(COMPARISON_LIMIT, "comparisons of hashes that share most of their bits")


def _near(job: Job, radius: int, limit: int) -> Found:
    """The pairs of a job."""

    def look(chosen: Indices, buckets: Buckets) -> Indices:
        return job.rows[near_pairs(*buckets, job.plan.edges, chosen, radius, limit)].astype(np.int64)

    return each_choice(job, look, COMPARISON_LIMIT, limit)


def _united(job: Job, radius: int) -> tuple[Found, Indices]:
    """No pairs, and (P, 2) of a job that link what its pairs do; as few as that takes."""
    parents = np.arange(len(job.rows))

    def look(_: Indices, buckets: Buckets) -> Indices:
        unite(parents, *buckets, radius)
        return np.empty((0, 2), dtype=np.int64)

    found, heads = each_choice(job, look, COMPARISON_LIMIT, 0), roots(parents)
    linked = np.flatnonzero(heads != np.arange(len(heads)))
    return found, job.rows[np.stack([linked, heads[linked]], axis=1)].astype(np.int64)


def _crossing(of: tuple[Job, Indices], radius: int, count: int, limit: int) -> Found:
    """The pairs of `near_others`, (P, 3), with the number of their bucket, of a job and the parts of its rows.

    Args:
        count: hashes; the others come after them.
    """
    job, parts = of
    half = int(np.searchsorted(job.rows, count))

    def look(chosen: Indices, buckets: Buckets) -> Indices:
        pairs = crossing_pairs(*buckets, job.plan.edges, chosen, radius, parts, half, limit)
        words = np.ascontiguousarray(job.words[pairs[:, 0]])
        numbers, _ = bucket_numbers(words, job.plan.edges, chosen, job.plan.bits)
        return np.concatenate([job.rows[pairs].astype(np.int64), numbers[:, None]], axis=1)

    return each_choice(job, look, COMPARISON_LIMIT, limit - 1)


def _first_pairs(parts: Iterable[Found], limit: int) -> Indices:
    """The first `limit` pairs, in the order of choices, buckets and rows, as one job would have found them."""
    looks: dict[int, int] = {}
    pairs: dict[int, list[Indices]] = {}
    first = 0
    for part in parts:
        if part.first > first and sum(len(one) for of in pairs.values() for one in of) >= limit:
            break  # all jobs of earlier choices are done
        first = part.first
        for number, count in enumerate(part.looks, part.start):
            looks[number] = looks.get(number, 0) + count
        for number, one in enumerate(part.pairs, part.start):
            pairs.setdefault(number, []).append(one)
    found, total = [np.empty((0, 2), dtype=np.int64)], 0
    for number in sorted(looks):
        total += looks[number]
        _require_few(total)
        left = limit - sum(map(len, found))
        if number in pairs:
            of = np.concatenate(pairs[number])
            found.append(of[np.lexsort((of[:, 1], of[:, 0], of[:, 2]))][:left, :2])
        if left <= len(found[-1]):
            break
    return np.concatenate(found)


def _collapse(hashes: Words) -> tuple[Words, Indices, Indices]:
    """Distinct hashes (U, W); rows grouped by hash (N,), rising within a group; where each group starts (U + 1,)."""
    rows = np.ascontiguousarray(hashes[:, None] if hashes.ndim == 1 else hashes, dtype=np.uint64)
    members = np.lexsort(rows.T[::-1]).astype(np.int64)  # stable: rising within equal hashes
    ordered = rows[members]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.append(np.flatnonzero(first), len(rows)).astype(np.int64)
    return np.ascontiguousarray(ordered[first]), members, starts


def _expand(pairs: Indices, members: Indices, starts: Indices, limit: int) -> Indices:
    """Pairs of distinct hashes, and each with itself, as pairs of the rows that carry them; sorted."""
    sizes = np.diff(starts)
    total = int((sizes[pairs[:, 0]] * sizes[pairs[:, 1]]).sum() + (sizes * (sizes - 1) // 2).sum())
    if total > limit:
        raise TooManyPairs(limit)
    left, right = _product(pairs, sizes, starts)
    repeated = np.flatnonzero(sizes > 1)
    own_left, own_right = _product(np.stack([repeated, repeated], axis=1), sizes, starts)
    once = own_left < own_right
    rows = np.stack([members[np.append(left, own_left[once])], members[np.append(right, own_right[once])]], axis=1)
    rows.sort(axis=1)
    return np.asarray(rows[np.lexsort((rows[:, 1], rows[:, 0]))])


def _product(pairs: Indices, sizes: Indices, starts: Indices) -> tuple[Indices, Indices]:
    """For each pair of groups, every place of the one with every place of the other."""
    per_pair = sizes[pairs[:, 0]] * sizes[pairs[:, 1]]
    within = np.arange(per_pair.sum()) - np.repeat(np.cumsum(per_pair) - per_pair, per_pair)
    second = np.repeat(sizes[pairs[:, 1]], per_pair)
    left = np.repeat(starts[pairs[:, 0]], per_pair) + within // second
    right = np.repeat(starts[pairs[:, 1]], per_pair) + within % second
    return left, right
