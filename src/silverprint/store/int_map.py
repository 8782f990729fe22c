"""Map of integers to integers for millions of entries."""

from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_RECENT = 4_096  # entries in a dictionary of Python's, which takes ten times as much memory
_NOTHING = np.empty(0, np.int64)


class IntMap:
    """Keys and values of 64 bits, signed, in 16 bytes an entry; of entries with the same key the latest counts."""

    def __init__(self, keys: Iterable[int] = (), values: Iterable[int] = ()) -> None:
        self._keys, self._values = _NOTHING.data, _NOTHING.data  # ascending keys; memoryviews give out Python's numbers
        self._recent: dict[int, int] = {}
        self._merge(np.fromiter(keys, np.int64), np.fromiter(values, np.int64))

    def __setitem__(self, key: int, value: int) -> None:
        self._recent[key] = value
        if len(self._recent) >= _RECENT:
            keys = np.fromiter(self._recent.keys(), np.int64)
            self._merge(keys, np.fromiter(self._recent.values(), np.int64))
            self._recent.clear()

    def __contains__(self, key: int) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: int) -> int:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: int) -> int | None:
        found: int | None = self._recent.get(key)
        if found is None:
            at = bisect_left(self._keys, key)
            if at < len(self._keys) and self._keys[at] == key:
                found = self._values[at]
        return found

    def _merge(self, keys: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        keys, values = np.append(self._keys, keys), np.append(self._values, values)
        order = np.argsort(keys, kind="stable")  # stable, so that the latest of equal keys comes last
        keys = keys[order]
        last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        self._keys, self._values = keys[last].data, values[order][last].data
