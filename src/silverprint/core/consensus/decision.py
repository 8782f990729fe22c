"""Decision of one label for each image, with no class favoured where several are as likely."""

from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.consensus.ballots import Ballots, Shares

_TIED = 1e-9
_SUREST = 1 - 1e-6  # nothing that people said is certain


def lot(image_id: str, choice: str) -> str:
    """The lot that decides a tie: the least wins. A hash of both, so that it favours no class."""
    return blake2b(f"{image_id}\n{choice}".encode(), digest_size=8).hexdigest()


def most_likely(ballots: Ballots, posterior: Shares) -> pl.DataFrame:
    """image_id, label, confidence: the class of the largest probability; a tie goes to the least `lot`."""
    largest = posterior.max(axis=1)
    labels = posterior.argmax(axis=1)
    tied = posterior >= largest[:, None] - _TIED
    for row in np.flatnonzero(tied.sum(axis=1) > 1).tolist():
        name = ballots.images[row]
        labels[row] = min(np.flatnonzero(tied[row]).tolist(), key=lambda k: lot(name, ballots.classes[k]))
    return table(ballots, labels, largest)


def table(ballots: Ballots, labels: NDArray[np.integer], confidence: NDArray[np.floating]) -> pl.DataFrame:
    """image_id, label, confidence of class numbers (N,) and their probabilities (N,)."""
    names = pl.Series(ballots.classes, dtype=pl.String)
    return pl.DataFrame(
        {
            "image_id": ballots.images,
            "label": names.gather(pl.Series(labels, dtype=pl.UInt32)),
            "confidence": np.clip(confidence, 1 - _SUREST, _SUREST),
        }
    )
