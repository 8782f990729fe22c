"""Weights of the features' blocks for strategies and head, chosen by the labels so far.

One block leads and the others follow at LESS of its weight, or all weigh the same. A choice is judged by leave-one-out:
ridge regression onto the classes, whose errors on the examples left out have a closed form (PRESS, Allen 1974,
Technometrics 16(1), 125-127), so that no model is trained and chance has no part in it. Ridge regression is not the
head that is trained in the end, but it sees the same geometry; and between near choices little is at stake, for no
block is ever left out.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Rows = Float[NDArray[np.floating], "n d"]
ClassIds = Int[NDArray[np.integer], " n"]
Weights: TypeAlias = dict[str, float]  # block -> weight, the largest is 1

LESS: Final = (0.5, 0.25)
MOST: Final = 2_000  # labels that a choice is judged by, at most

_PENALTIES: Final = tuple(10.0**power for power in range(-4, 2))  # times the mean squared length of a row


def choices(names: tuple[str, ...]) -> list[Weights]:
    """All alike, the choice without labels, and then each block in front."""
    alike = dict.fromkeys(names, 1.0)
    leading = [dict.fromkeys(names, less) | {name: 1.0} for name in names for less in LESS]
    return [alike, *(leading if len(names) > 1 else [])]


def choose_weights(rows: Rows, labels: ClassIds, blocks: Mapping[str, slice]) -> Weights:
    """The choice of the least leave-one-out error; all alike while there are no two classes.

    Args:
        rows: (n, d) features of the examples, centred, each block with a mean squared length of 1; of more than MOST
            the first are looked at.
        labels: (n,) class ids.
        blocks: the columns of each block.
    """
    known, at = np.unique(labels[:MOST], return_inverse=True)
    possible = choices(tuple(blocks))
    if len(known) < 2 or len(possible) == 1:
        return possible[0]
    targets = np.eye(len(known))[at]
    grams = {name: _gram(rows[:MOST, block]) for name, block in blocks.items()}
    gram = [np.sum([weight**2 * grams[name] for name, weight in one.items()], axis=0) for one in possible]
    errors = [left_out_error(one, targets) for one in gram]
    return possible[int(np.argmin(errors))]


def column_scales(weights: Weights, blocks: Mapping[str, slice]) -> NDArray[np.float32]:
    """(d,) what each column is multiplied by."""
    out = np.empty(max(block.stop for block in blocks.values()), dtype=np.float32)
    for name, block in blocks.items():
        out[block] = weights[name]
    return out


def describe(weights: Weights) -> str:
    """ "final:0.5 middle:1"."""
    return " ".join(f"{name}:{weight:g}" for name, weight in weights.items())


def left_out_error(gram: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """The mean squared error of ridge regression on examples left out, under the penalty for which it is least.

    Args:
        gram: (n, n) inner products of the rows; a constant is added to each row, for the intercept.
        targets: (n, c).
    """
    scale = float(np.trace(gram)) / len(gram) or 1.0
    values, vectors = np.linalg.eigh(gram / scale + 1.0)
    values = np.maximum(values, 0.0)
    turned, spread = vectors.T @ targets, np.square(vectors)
    least = np.inf
    for penalty in _PENALTIES:
        shares = values / (values + penalty)
        residuals = targets - (vectors * shares) @ turned
        left_out = residuals / np.maximum(1.0 - spread @ shares, 1e-9)[:, None]
        least = min(least, float(np.square(left_out).sum(axis=1).mean()))
    return least


def _gram(rows: Rows) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    return np.asarray(wide @ wide.T)
