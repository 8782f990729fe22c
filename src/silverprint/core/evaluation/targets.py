"""Targets of training pictures: what a model is to say of each, as shares of the classes."""

import json
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_CHOSEN: Final = 0.8  # of the doubt about a label goes to classes that somebody chose


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(n,) class ids to (n, C): all of it on the label."""
    return np.eye(classes, dtype=np.float32)[labels]


def believed(rows: pl.DataFrame, classes: tuple[str, ...]) -> NDArray[np.float64]:
    """(n, C), each row sums to 1: the label as far as it is believed; of what is left four fifths go to the other
    classes that people chose, by their shares, and a fifth to all others alike.

    A model of such targets is right more often than one of the labels alone, and most where votes are few or poor
    (`python -m benchmarks.held_out_voice`). That disagreement teaches: Peterson et al. 2019, arXiv:1908.07086.

    Args:
        rows: LABELS, whose labels are of `classes`: of `label`, `confidence`, null for 1, and `distribution`.
    """
    place = {name: number for number, name in enumerate(classes)}
    found = np.zeros((rows.height, len(classes)))
    told = rows.select("label", pl.col("confidence").fill_null(1.0), pl.col("distribution").fill_null("{}"))
    for row, (label, confidence, distribution) in enumerate(told.iter_rows()):
        others = np.full(len(classes), 1.0)
        others[place[label]] = 0
        votes = np.zeros(len(classes))
        for name, share in json.loads(distribution).items():
            if name in place and name != label:
                votes[place[name]] = share
        even = others / max(others.sum(), 1)
        chosen = _CHOSEN * votes / votes.sum() + (1 - _CHOSEN) * even if votes.sum() > 0 else even
        found[row] = (1 - confidence) * chosen
        found[row, place[label]] = 1 - found[row].sum()
    return found
