"""Compiled loops behind `core.duplicates`: hashes are bucketed by some of their bands and compared within buckets."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]
Places = NDArray[np.int32]  # rows of one table: fewer than 2^31

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys over buckets


@njit(cache=True)
def bucket(words: Words, edges: Indices, chosen: Indices, most_bits: int) -> tuple[Places, Words, Places]:
    """Sorts (N, W) hashes into buckets by their `chosen` bands; band b is the bits edges[b]..edges[b + 1].

    There is a bucket for each value of the bands where they have at most `most_bits` together, else 2^most_bits. As few
    buckets as that, and small numbers, so that the counts stay in the processor's cache.

    Returns:
        The rows' order (N,), the hashes in that order (N, W), where each bucket starts (buckets + 1,).
    """
    n = words.shape[0]
    keys, bits = bucket_numbers(words, edges, chosen, most_bits)
    heads = np.zeros((1 << bits) + 1, dtype=np.int32)
    for key in keys:
        heads[key + 1] += 1
    for head in range(1 << bits):
        heads[head + 1] += heads[head]
    order = np.empty(n, dtype=np.int32)
    ordered = np.empty_like(words)
    at = heads[:-1].copy()
    for row in range(n):
        place = at[keys[row]]
        at[keys[row]] += 1
        order[place] = row
        for word in range(words.shape[1]):
            ordered[place, word] = words[row, word]
    return order, ordered, heads


@njit(cache=True)
def bucket_numbers(words: Words, edges: Indices, chosen: Indices, most_bits: int) -> Any:
    """The bucket of each of (N, W) hashes, (N,) int32, and how many bits these numbers have; see `bucket`."""
    bits = 0
    for band in chosen:
        bits += edges[band + 1] - edges[band]
    keys = np.zeros(words.shape[0], dtype=np.int32)
    if bits > most_bits:
        bits = most_bits
        for row in range(words.shape[0]):
            keys[row] = _mixed(words, row, edges, chosen, bits)
    else:
        for band in chosen:
            _append(keys, words, edges[band], edges[band + 1])
    return keys, bits


@njit(cache=True)
def comparisons(heads: Places) -> Any:
    """Number of comparisons of two rows that a pass through all buckets takes."""
    total = np.int64(0)
    for head in range(len(heads) - 1):
        size = np.int64(heads[head + 1] - heads[head])
        total += size * (size - 1) // 2
    return total


@njit(cache=True)
def near_pairs(
    order: Places, words: Words, heads: Places, edges: Indices, chosen: Indices, radius: int, limit: int
) -> Indices:
    """Pairs (P, 2) of rows in one bucket within `radius`, whose first equal bands are `chosen`; limit + 1 at most.

    A pair agrees in several choices of bands; it is reported for the first of them alone.
    """
    found = np.empty((min(1024, limit + 1), 2), dtype=np.int64)
    count = 0
    for head in range(len(heads) - 1):
        for left in range(heads[head], heads[head + 1]):
            first = words[left, 0]
            for right in range(left + 1, heads[head + 1]):
                if _popcount(first ^ words[right, 0]) > radius:  # alone it decides nearly all
                    continue
                if _within(words, left, right, radius) and _is_first(words, left, right, edges, chosen):
                    if count > limit:
                        return found[:count]
                    if count == len(found):
                        grown = np.empty((2 * count, 2), dtype=np.int64)
                        for row in range(count):  # a slice's assignment would take seconds to compile
                            grown[row, 0], grown[row, 1] = found[row, 0], found[row, 1]
                        found = grown
                    found[count, 0] = order[left]
                    found[count, 1] = order[right]
                    count += 1
    return found[:count]


@njit(cache=True)
def crossing_pairs(
    order: Places,
    words: Words,
    heads: Places,
    edges: Indices,
    chosen: Indices,
    radius: int,
    parts: Indices,
    half: int,
    limit: int,
) -> Indices:
    """`near_pairs` of one of the first `half` rows and one of the others, of two `parts` (N,); limit + 1 at most."""
    found = np.empty((limit + 1, 2), dtype=np.int64)
    count = 0
    for head in range(len(heads) - 1):
        for left in range(heads[head], heads[head + 1]):
            first = words[left, 0]
            for right in range(left + 1, heads[head + 1]):
                if _popcount(first ^ words[right, 0]) > radius:
                    continue
                one, other = min(order[left], order[right]), max(order[left], order[right])
                if one >= half or other < half or parts[one] == parts[other]:
                    continue
                if _within(words, left, right, radius) and _is_first(words, left, right, edges, chosen):
                    if count > limit:
                        return found[:count]
                    found[count, 0], found[count, 1] = one, other
                    count += 1
    return found[:count]


@njit(cache=True)
def unite(parents: Indices, order: Places, words: Words, heads: Places, radius: int) -> None:
    """Joins the components of rows in one bucket within `radius`; `parents` (N,) is a union-find forest, in place."""
    for head in range(len(heads) - 1):
        for left in range(heads[head], heads[head + 1]):
            first = words[left, 0]
            for right in range(left + 1, heads[head + 1]):
                if _popcount(first ^ words[right, 0]) <= radius and _within(words, left, right, radius):
                    one, other = root(parents, np.int64(order[left])), root(parents, np.int64(order[right]))
                    parents[max(one, other)] = min(one, other)


@njit(cache=True)
def join(parents: Indices, pairs: Indices) -> None:
    """Joins the components of each of `pairs`, (P, 2), in the union-find forest `parents`, in place."""
    for pair in range(len(pairs)):
        one, other = root(parents, pairs[pair, 0]), root(parents, pairs[pair, 1])
        parents[max(one, other)] = min(one, other)


@njit(cache=True)
def root(parents: Indices, row: Any) -> Any:
    """The component's root of `row`, its path halved on the way."""
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@njit(cache=True)
def roots(parents: Indices) -> Indices:
    """(N,) the root of every row."""
    found = np.empty_like(parents)
    for row in range(len(parents)):
        found[row] = root(parents, row)
    return found


@njit(cache=True)
def _append(keys: Places, words: Words, start: Any, stop: Any) -> None:
    """Each row's bits start..stop behind its key. Band by band, not row by row: so it runs four rows at a time."""
    word, shift, count = start >> 6, np.uint64(start & 63), np.int32(stop - start)
    mask = (np.uint64(1) << np.uint64(count)) - np.uint64(1)
    if (start & 63) + (stop - start) <= 64:
        for row in range(len(keys)):
            keys[row] = (keys[row] << count) | np.int32((words[row, word] >> shift) & mask)
    else:
        for row in range(len(keys)):
            keys[row] = (keys[row] << count) | np.int32(_bits(words, row, start, stop))


@njit(cache=True)
def _mixed(words: Words, row: int, edges: Indices, chosen: Indices, bits: int) -> Any:
    key = np.uint64(0)
    for band in chosen:
        key = (key ^ _bits(words, row, edges[band], edges[band + 1])) * _MIX
        key ^= key >> np.uint64(29)
    return np.int64((key * _MIX) >> np.uint64(64 - bits))


@njit(cache=True)
def _bits(words: Words, row: int, start: int, stop: int) -> Any:
    """Bits start..stop (at most 64 of them) of a row, as one word."""
    word, shift, count = start >> 6, start & 63, stop - start
    value = words[row, word] >> np.uint64(shift)
    if shift + count > 64:
        value |= words[row, word + 1] << np.uint64(64 - shift)
    if count < 64:
        value &= (np.uint64(1) << np.uint64(count)) - np.uint64(1)
    return value


@njit(cache=True)
def _within(words: Words, left: int, right: int, radius: int) -> bool:
    distance = 0
    for word in range(words.shape[1]):
        distance += _popcount(words[left, word] ^ words[right, word])
    return distance <= radius


@njit(cache=True)
def _popcount(word: Any) -> Any:
    # Written so that LLVM recognises it and emits the one machine instruction.
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def _is_first(words: Words, left: int, right: int, edges: Indices, chosen: Indices) -> bool:
    """Whether the first bands in which the two rows agree are the `chosen` ones."""
    at = 0
    for band in range(len(edges) - 1):
        if at == len(chosen):
            return True
        start, stop = edges[band], edges[band + 1]
        if _bits(words, left, start, stop) == _bits(words, right, start, stop):
            if chosen[at] != band:
                return False
            at += 1
    return at == len(chosen)
