"""Probabilities in half precision, encoded and decoded.

Half precision knows small numbers to 1 in 2,048 of themselves, and those near 1 to 1 in 2,048 of one: of a sure model
nothing would be left but certainties. But the likeliest class has what the others leave. So it is set to that when they
are read, and a picture's uncertainty is known to about 1 in 1,000 of itself, however small it is.
"""

from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Halves = Float[NDArray[np.float16], "*m n c"]
Probabilities = Float[NDArray[np.floating], "*m n c"]

_ROUNDING: Final = 2.0**-10  # rounded to nearest, a row's sum strays by half of this, and by 2^-25 for each class
_ROWS: Final = 65_536


def to_half(probabilities: Probabilities) -> Halves:
    """The probabilities, each rounded to the nearest number of half precision."""
    return np.asarray(probabilities, dtype=np.float16)


def from_half(stored: Probabilities) -> Probabilities:
    """float32 probabilities out of those that `to_half` gave: the largest of each row is 1 less the others.

    Rows that rounding cannot have made of a distribution stay as they are, for whoever checks them. So does an array
    of another type: it never was `to_half`.
    """
    if stored.dtype != np.float16:
        return stored
    rows = stored.reshape(-1, stored.shape[-1])
    found = np.empty(rows.shape, dtype=np.float32)
    for start in range(0, len(rows), _ROWS):
        found[start : start + _ROWS] = _completed(rows[start : start + _ROWS].astype(np.float64))
    return found.reshape(stored.shape)


def _completed(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, C), in which sums and differences of half-precision numbers are exact."""
    excess = rows.sum(axis=1) - 1
    largest = rows.argmax(axis=1)
    rounded = np.abs(excess) <= _ROUNDING  # False where a row has NaN
    rows[np.flatnonzero(rounded), largest[rounded]] -= excess[rounded]
    return rows
