"""Space in which pictures are alike: features centred, each block divided by one scale, so that every block weighs the
same; similarity is the cosine there, and the map its two leading principal axes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from silverprint.core.features.projection import Projection

SAMPLE: Final = 10_000  # rows that it is found on

Rows = Float[NDArray[np.floating], "n d"]


@dataclass(frozen=True)
class SimilaritySpace:
    """
    Attributes:
        centre: (d,) float32.
        scale: (d,) float32, what each centred column is multiplied by.
        axes: (d, 2) float32, the map's axes for centred rows.
    """

    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    axes: NDArray[np.float32]

    @classmethod
    def of(cls, sample: Rows, blocks: Mapping[str, slice]) -> Self:
        """The space of a pool, from rows of it.

        Args:
            sample: (n, d).
            blocks: the columns of each block.
        """
        projection = Projection.of(sample, blocks)
        scale = np.ones(sample.shape[1])
        for block in blocks.values():
            length = np.square(sample[:, block] - projection.centre[block]).sum() / max(1, len(sample))
            scale[block] = 1 / (np.sqrt(length) or 1.0)
        seen = projection(sample).astype(np.float64)
        _, vectors = np.linalg.eigh(seen.T @ seen)
        leading = np.zeros((seen.shape[1], 2))
        leading[:, : min(2, seen.shape[1])] = vectors[:, ::-1][:, :2]
        leading *= np.where(leading.sum(axis=0) < 0, -1.0, 1.0)  # else a machine may mirror the map
        axes = np.zeros((sample.shape[1], 2))
        for name, columns in projection.columns.items():
            axes[blocks[name]] = projection.bases[name] @ leading[columns]
        return cls(*(part.astype(np.float32) for part in (projection.centre, scale, axes)))

    def places(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 3): x and y on the map, and the length of the row in this space."""
        centred = rows - self.centre
        lengths = np.linalg.norm(centred * self.scale, axis=1)
        return np.column_stack([centred @ self.axes, lengths]).astype(np.float32)

    def direction(self, row: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """What rows are multiplied by, and what is taken off, for their inner product with `row` in this space."""
        weight = (row - self.centre) * self.scale**2
        return weight, float(self.centre @ weight)
