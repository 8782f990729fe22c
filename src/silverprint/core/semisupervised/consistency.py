"""Consistency: two views of a picture's features, each with some columns left out, are judged alike, and surely."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.semisupervised.entropy import log_mean
from silverprint.core.semisupervised.head import Problem, Term, softened, with_omega
from silverprint.core.semisupervised.shapes import Members, Rows, Shares, Weight

WEIGHT: Final = 0.3
DROPPED: Final = 0.2  # share of the columns that a view leaves out


def term(views: tuple[Rows, Rows], target: Shares) -> Term:
    """Ω = mean ½ (H(p_i, q_i) + H(q_i, p_i)) + KL(m ‖ target): p, q of the two views, m the mean of all of them.

    H(p, q) = -Σ p log q is H(p) + KL(p ‖ q), so that views which are alike make it entropy minimisation.
    Source: Bachman, Alsharif & Precup 2014, Learning with Pseudo-Ensembles, section 4 (disagreement of perturbed
    heads); the fairness as in `entropy`.
    """
    wanted = np.log(target).astype(views[0].dtype)

    def omega(weight: Weight) -> tuple[float, Weight]:
        logs, shares = zip(*(softened(view @ weight.astype(view.dtype)) for view in views), strict=True)
        pull = log_mean((shares[0] + shares[1]) / 2) - wanted
        value, slope = 0.0, np.zeros(weight.shape)
        for here, there in ((0, 1), (1, 0)):
            gap = pull - logs[there]
            level = (shares[here] * gap).sum(axis=1, keepdims=True)
            value += float(level.mean()) / 2
            by_logits = shares[here] * (gap - level) + shares[here] - shares[there]
            slope += views[here].T @ by_logits / (2 * len(by_logits))
        return value, slope

    return omega


def views_of(pool: Rows, seed: int) -> tuple[Rows, Rows]:
    """Two copies of the pool, in each DROPPED of every row's columns zero and the others larger; not the constant."""
    rng = np.random.default_rng([seed, 1])
    first, second = (pool * _mask(pool.shape, rng).astype(pool.dtype) for _ in range(2))
    return first, second


def learn(problem: Problem, target: Shares) -> Members:
    """One head for each member."""
    omega = term(views_of(problem.pool, problem.seed), target)
    return with_omega(problem, omega, WEIGHT)


def _mask(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    kept = (rng.random(shape, dtype=np.float32) >= DROPPED).astype(np.float32) / (1 - DROPPED)
    kept[:, -1] = 1
    return kept
