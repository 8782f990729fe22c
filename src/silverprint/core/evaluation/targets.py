"""Targets of training pictures: what a model is to say of each, as shares of the classes."""

import json

import numpy as np
import polars as pl
from numpy.typing import NDArray


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(n,) class ids to (n, C): all of it on the label."""
    return np.eye(classes, dtype=np.float32)[labels]


def vote_shares(rows: pl.DataFrame, classes: tuple[str, ...]) -> NDArray[np.float32]:
    """(n, C), each row sums to 1: the shares of the votes that are for one of `classes`; without any, the label alone.

    People's disagreement says which pictures are hard. Source: Peterson et al. 2019, arXiv:1908.07086.

    Args:
        rows: LABELS, whose labels are of `classes`.
    """
    place = {name: number for number, name in enumerate(classes)}
    found = np.zeros((rows.height, len(classes)), dtype=np.float32)
    for row, (label, distribution) in enumerate(rows.select("label", "distribution").iter_rows()):
        shares = {name: share for name, share in json.loads(distribution or "{}").items() if name in place}
        total = sum(shares.values())
        if total <= 0:
            shares, total = {label: 1.0}, 1.0
        for name, share in shares.items():
            found[row, place[name]] = share / total
    return found
