"""Survey of the whole list, before anything is fetched."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from silverprint.adapters.urls.url_list import ListRow


@dataclass(frozen=True, slots=True)
class Survey:
    """
    Attributes:
        rows: of the list.
        repeated: hashes of the addresses that stand in several rows: only their answers must be kept in mind.
    """

    rows: int
    repeated: frozenset[int]


def survey(listed: Iterable[ListRow]) -> Survey:
    """Reads every row once; of each, eight bytes stay in the memory until the end.

    Raises:
        DataError: the list cannot be understood.
    """
    hashes = array("q", (hash(one.showing.url) for one in listed))
    values, counts = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
    return Survey(len(hashes), frozenset(values[counts > 1].tolist()))
