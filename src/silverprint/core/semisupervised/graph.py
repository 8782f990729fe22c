"""Graph: a picture is to be judged as its nearest neighbours are, of which some are labelled."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from silverprint.core.semisupervised.entropy import log_mean
from silverprint.core.semisupervised.features import CHUNK, squared_distances
from silverprint.core.semisupervised.head import Problem, Term, softened, with_omega
from silverprint.core.semisupervised.shapes import Distributions, Members, Rows, Shares, Weight

WEIGHT: Final = 0.3
NEIGHBOURS: Final = 10
MOST: Final = 6_000  # rows of the pool that are nodes: each is compared with all others


def term(
    pool: Rows,
    near: sparse.csr_array,
    known: Distributions,
    target: Shares,
) -> Term:
    """Ω = mean H(q_i, p_i) + KL(m ‖ target), q_i = Σ_j A_ij p_j over the neighbours, a labelled one's p_j its target.

    H(q, p) = -Σ q log p. As the energy Σ A_ij |p_i - p_j|² of a graph's labels (Zhu, Ghahramani & Lafferty 2003,
    Semi-Supervised Learning Using Gaussian Fields and Harmonic Functions, equation 1) it is least where neighbours
    agree; the logarithm makes it one with `entropy`, to which it comes where each is its own neighbour.

    Args:
        near: A between the pool's rows, (n, n) at least 0.
        known: A to labelled rows, times their targets; a row of A sums to 1 over both.
    """
    wanted = np.log(target).astype(pool.dtype)

    def omega(weight: Weight) -> tuple[float, Weight]:
        logs, shares = softened(pool @ weight.astype(pool.dtype))
        mixed = near @ shares + known
        pull = log_mean(shares) - wanted
        gap = pull - near.T @ logs
        level = (shares * gap).sum(axis=1, keepdims=True)
        value = float((shares * pull).sum() - (mixed * logs).sum()) / len(pool)
        by_logits = shares * (gap - level) + shares - mixed
        return value, pool.T @ by_logits / len(pool)

    return omega


def neighbours(rows: Rows, others: Rows, count: int, *, same: bool) -> tuple[NDArray[np.int64], Rows]:
    """Places in `others` of the nearest to each row, in no order, and the squared distances; `same`: not itself."""
    places, squares = [], []
    for start in range(0, len(rows), CHUNK // 8):
        part = squared_distances(rows[start : start + CHUNK // 8], others)
        if same:
            part[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        nearest = np.argpartition(part, count - 1, axis=1)[:, :count]
        places.append(nearest)
        squares.append(np.take_along_axis(part, nearest, axis=1))
    return np.concatenate(places), np.concatenate(squares)


def graph_of(pool: Rows, rows: Rows, targets: Rows) -> tuple[sparse.csr_array, NDArray[np.floating]]:
    """A between the pool's rows, and A to the labelled rows times their targets.

    A_ij is exp(-|x_i - x_j|² / w_i), w_i the mean squared distance of i's neighbours, scaled to a sum of 1.

    Args:
        targets: of the labelled rows, (L, C).
    """
    nodes = np.concatenate([pool, rows])
    count = min(NEIGHBOURS, len(nodes) - 1)
    places, squares = neighbours(nodes, nodes, count, same=True)
    places, squares = places[: len(pool)], squares[: len(pool)]
    width = squares.mean(axis=1, keepdims=True)
    alike = np.exp(-squares / np.where(width > 0, width, 1))
    alike /= alike.sum(axis=1, keepdims=True)
    row = np.repeat(np.arange(len(pool)), count)
    shape = (len(pool), len(nodes))
    edges = sparse.csr_array((alike.ravel().astype(pool.dtype), (row, places.ravel())), shape=shape)
    return edges[:, : len(pool)].tocsr(), edges[:, len(pool) :] @ targets


def learn(problem: Problem, target: Shares) -> Members:
    """One head for each member, with MOST of the pool's rows as nodes."""
    pool = problem.pool[:MOST]
    near, known = graph_of(pool, problem.rows, problem.targets.astype(pool.dtype))
    return with_omega(problem, term(pool, near, known, target), WEIGHT)
