"""Lens through which a head sees features: their principal components, each block weighed by the labels.

It is what strategies see (`projection`, `block_weights`), as one affine map and in single precision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.features.block_weights import Weights, choose_weights, column_scales
from silverprint.core.features.projection import Projection

_CHUNK: Final = 4_096

Rows = Float[NDArray[np.floating], "n d"]
Seen = Float[NDArray[np.float32], "n k"]
ClassIds = Int[NDArray[np.integer], " n"]


@dataclass(frozen=True)
class Lens:
    """Called with (n, d) features it gives (n, k): (rows - centre) @ matrix."""

    centre: NDArray[np.float64]  # (d,)
    matrix: NDArray[np.float64]  # (d, k)
    weights: Weights  # of the blocks

    @classmethod
    def of(cls, sample: Rows, blocks: Mapping[str, slice], rows: Rows, labels: ClassIds) -> Self:
        """The lens for a pool.

        Args:
            sample: (n, d), rows drawn from the pool, at least one; `projection.SAMPLE` suffice.
            blocks: the columns of each block.
            rows, labels: (l, d) and (l,), the examples that weigh the blocks.
        """
        projection = Projection.of(sample, blocks)
        matrix = np.zeros((len(projection.centre), projection.width))
        for name, columns in projection.columns.items():
            matrix[blocks[name], columns] = projection.bases[name]
        plain = cls(projection.centre, matrix, dict.fromkeys(blocks, 1.0))
        weights = choose_weights(plain(rows), labels, projection.columns)
        return cls(projection.centre, matrix * column_scales(weights, projection.columns), weights)

    def __call__(self, rows: Rows) -> Seen:
        starts = range(0, max(1, len(rows)), _CHUNK)
        parts = [(rows[start : start + _CHUNK] - self.centre) @ self.matrix for start in starts]
        return np.concatenate(parts, dtype=np.float32, casting="same_kind")
