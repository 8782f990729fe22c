"""Lesson of a round: what its models learn from."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from silverprint.core.features.lens import Lens


class Lesson(NamedTuple):
    """What a round's models learn from, without what sources brought.

    Attributes:
        rows: (L, D) features of the training pictures, as they are stored.
        labels: (L,) their class ids.
        unheard: (L,) the same as they are without a model's voice.
        pool: (N, D) features of pictures that nobody labelled.
    """

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    unheard: NDArray[np.int64]
    pool: NDArray[np.float32]
    lens: Lens
