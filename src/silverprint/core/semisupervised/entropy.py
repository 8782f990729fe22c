"""Entropy minimisation with fairness: the head is to be sure of each picture, and of all classes in their shares."""

from typing import Final

import numpy as np

from silverprint.core.semisupervised.head import Problem, Term, softened, with_omega
from silverprint.core.semisupervised.shapes import Distributions, Members, Rows, Shares, Weight

WEIGHT: Final = 0.3


def term(pool: Rows, target: Shares) -> Term:
    """Ω = mean H(p_i) + KL(m ‖ target), m the mean of the pool's predictions p_i.

    Without the second part all pictures may come to be one class. With a uniform target it is log C - H(m).
    Source: Grandvalet & Bengio 2004, Semi-supervised Learning by Entropy Minimization, equation 8 (the first part);
    Krause, Perona & Gomes 2010, Discriminative Clustering by Regularized Information Maximization, equations 3 and 6.
    """
    wanted = np.log(target).astype(pool.dtype)

    def omega(weight: Weight) -> tuple[float, Weight]:
        logs, shares = softened(pool @ weight.astype(pool.dtype))
        gap = log_mean(shares) - wanted - logs  # the slope by p_i, but for a constant
        level = (shares * gap).sum(axis=1, keepdims=True)
        return float(level.mean()), pool.T @ (shares * (gap - level)) / len(pool)

    return omega


def learn(problem: Problem, target: Shares) -> Members:
    """One head for each member."""
    return with_omega(problem, term(problem.pool, target), WEIGHT)


def log_mean(shares: Distributions) -> Shares:
    """The logarithm of the mean prediction, finite."""
    return np.asarray(np.log(np.maximum(shares.mean(axis=0), np.finfo(shares.dtype).tiny)))
