"""Perceptual hashes of all that a source holds, so that a look-alike is told at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core import hashing

_FIRST: Final = 1_024  # hashes that there is room for at first; the room doubles


class KnownLooks:
    """Hashes with the names of their pictures."""

    def __init__(self) -> None:
        self._words: NDArray[np.uint64] = np.zeros((_FIRST, 4), np.uint64)
        self._names: list[str] = []

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, words: Sequence[int]) -> None:
        """Adds a picture's 256 bits, as four words."""
        if len(self) == len(self._words):
            self._words = np.concatenate([self._words, np.zeros_like(self._words)])
        self._words[len(self)] = words
        self._names.append(name)

    def alike(self, words: Sequence[int], radius: int) -> list[str]:
        """Names of the pictures whose hashes differ in at most `radius` bits, nearest first."""
        bits = hashing.hamming(self._words[: len(self)], np.array(words, np.uint64))
        near = np.flatnonzero(bits <= radius)
        return [self._names[place] for place in near[np.argsort(bits[near], kind="stable")]]
