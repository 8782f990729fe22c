"""Decision of one label for each image, with no class favoured where several are as likely."""

from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_TIED = 1e-9
_SUREST = 1 - 1e-6  # nothing that people said is certain


def lot(image_id: str, choice: str) -> str:
    """The lot that decides a tie: the least wins. A hash of both, so that it favours no class."""
    return blake2b(f"{image_id}\n{choice}".encode(), digest_size=8).hexdigest()


def most_likely(cast: VoteArrays, posterior: Shares) -> pl.DataFrame:
    """image_id, label, confidence: the class of the largest probability; a tie goes to the least `lot`."""
    largest = posterior.max(axis=1)
    labels = posterior.argmax(axis=1).astype(np.int64)
    tied = posterior >= largest[:, None] - _TIED
    for row in np.flatnonzero(tied.sum(axis=1) > 1).tolist():
        name = cast.images[row]
        labels[row] = min(np.flatnonzero(tied[row]).tolist(), key=lambda k: lot(name, cast.classes[k]))
    return table(cast, labels, largest)


def table(cast: VoteArrays, labels: NDArray[np.int64], confidence: NDArray[np.float64]) -> pl.DataFrame:
    """image_id, label, confidence of class numbers (N,) and their probabilities (N,)."""
    names = pl.Series(cast.classes, dtype=pl.String)
    return pl.DataFrame(
        {
            "image_id": cast.images,
            "label": names.gather(pl.Series(labels, dtype=pl.UInt32)),
            "confidence": np.clip(confidence, 1 - _SUREST, _SUREST),
        }
    )
