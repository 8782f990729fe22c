"""Features scaled to unit length: direction counts, length does not."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = TypeVar("Rows", NDArray[np.float32], NDArray[np.float64])


def to_unit_length(rows: Rows) -> Rows:
    """(N, D) rows scaled to length 1, in the precision that they come in; those of length 0 stay so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return scaled
