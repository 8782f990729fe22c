"""Content hash of each row: it depends on the row's values and a seed, not on the row's position."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[np.uint64]

CHUNK: Final = 4096  # rows read at once: a few megabytes

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, the increment of SplitMix64


def chunks(count: int, size: int = CHUNK) -> Iterator[slice]:
    """The slices that cover `count` rows."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def content_keys(rows: NDArray[np.floating], seed: int) -> Keys:
    """(N,) keys, spread evenly over all 64-bit words; the k-th copy of a row gets a key of its own.

    A row's 32-bit words are hashed by a random linear form (Lemire & Kaser 2014, "Strongly universal string hashing is
    fast", section 2), its coefficients and what follows by the SplitMix64 of Steele, Lea & Flood 2014.

    Args:
        rows: (N, D), read in chunks; half and single precision of equal value have the same key.
    """
    return keys_of(row_hashes(rows, seed))


def row_hashes(rows: NDArray[np.floating], seed: int) -> NDArray[np.uint64]:
    """(N,) what `keys_of` makes keys of, each from its row alone."""
    form = mix_bits(_counted(seed, rows.shape[1] + 1))
    hashes = np.empty(len(rows), dtype=np.uint64)
    for part in chunks(len(rows)):
        words = np.ascontiguousarray(rows[part], dtype=np.float32).view(np.uint32).astype(np.uint64)
        hashes[part] = np.einsum("nd,d->n", words, form[1:]) + form[0]
    return hashes


def keys_of(hashes: NDArray[np.uint64]) -> Keys:
    """`content_keys` of all rows, by their `row_hashes`."""
    return mix_bits(hashes + _earlier_copies(hashes) * _STEP)


def mix_bits(words: Keys) -> Keys:
    """SplitMix64's finaliser: a bijection in which each bit depends on all."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def uniform_numbers(keys: Keys, stream: int) -> NDArray[np.float64]:
    """(N,) numbers in (0, 1), as if drawn by chance for each key and stream."""
    bits = mix_bits(keys ^ mix_bits(_counted(stream, 1))) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) / 2.0**52


def _counted(seed: int, count: int) -> Keys:
    start = mix_bits(np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64))
    return start + np.arange(1, count + 1, dtype=np.uint64) * _STEP


def _earlier_copies(hashes: Keys) -> Keys:
    """(N,) how many rows before this one have the same hash."""
    by_hash = np.argsort(hashes, kind="stable")
    is_first = np.ones(len(hashes), dtype=np.bool_)
    is_first[1:] = hashes[by_hash][1:] != hashes[by_hash][:-1]
    places = np.arange(len(hashes))
    earlier = np.empty(len(hashes), dtype=np.uint64)
    earlier[by_hash] = places - np.maximum.accumulate(np.where(is_first, places, 0))
    return earlier
