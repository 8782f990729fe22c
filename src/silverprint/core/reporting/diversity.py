"""Diversity of images, and how well some of them represent all: by the cosines of their features.

The effective number is the Vendi score (D. Friedman and A. B. Dieng, The Vendi Score, 2023). Coverage is that of M. F.
Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, 2020, with the labelled for the generated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.features.unit_rows import to_unit_length

NEIGHBOURS: Final = 5  # k of coverage, as its authors propose

_ROUNDING: Final = 1e-6  # rounding error of a cosine in single precision: copies are equally near

Rows = Float[NDArray[np.floating], "n d"]
Scaled = Float[NDArray[np.float64], "n d"]
Numbers = Int[NDArray[np.int64], " n"]
Square = Float[NDArray[np.float64], "m m"]


def second_moments(batches: Iterable[NDArray[np.floating]], width: int) -> Square:
    """The sum of the outer products of rows, each scaled to length 1; rows of length 0 add nothing.

    Args:
        batches: (n, width), of different n.
    """
    total = np.zeros((width, width))
    for batch in batches:
        rows = _scaled(batch)
        total += rows.T @ rows
    return total


def cosines(rows: Rows) -> Square:
    """(n, n) of each row with each other. Its eigenvalues are those of `second_moments`, but for zeros."""
    scaled = _scaled(rows)
    return np.asarray(scaled @ scaled.T)


def effective_number(matrix: Square) -> float:
    """How many pictures without any likeness would be as various: exp(-sum p log p), p the shares of the eigenvalues.

    Args:
        matrix: `cosines` of N rows of D columns, or their `second_moments`: it comes to the same.

    Returns:
        1 (all point the same way) to min(N, D) (none resembles another); 0 of no rows.
    """
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 0]  # rounding makes some of the zeros negative
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0


@dataclass(frozen=True)
class Sample:
    """Some of the pictures, with their features.

    Attributes:
        numbers: (n,) what each picture is known by, here and in other samples.
        rows: (n, d).
    """

    numbers: Numbers
    rows: Rows


def coverage(asked: Sample, pool: Sample, labelled: Sample) -> float:
    """The share of `asked` to which a labelled picture is as near as the k-th nearest of the pool, k = NEIGHBOURS.

    A picture is no neighbour of itself. If the labelled were drawn like the pool, and as many, 1 - 0.5^k would be
    expected (lemma 2): of the k nearest among both, one at least is labelled.

    Args:
        asked: one picture or more.
        pool: more than k.
        labelled: as many as in `pool`, so that the share does not grow with their number alone.

    Returns:
        0..1.
    """
    rows = _scaled(asked.rows)
    radius = np.partition(_near(asked.numbers, rows, pool), -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
    nearest = _near(asked.numbers, rows, labelled).max(axis=1)
    return float((nearest >= radius - _ROUNDING).mean())


def _scaled(rows: Rows) -> Scaled:
    return to_unit_length(rows.astype(np.float64))


def _near(numbers: Numbers, rows: Scaled, others: Sample) -> NDArray[np.float64]:
    """(n, m) cosines of each picture with each of the others; -inf with itself."""
    found = rows @ _scaled(others.rows).T
    found[numbers[:, None] == others.numbers] = -np.inf
    return found
