"""Ensemble: heads on views of their own, each sure of the pool, and the mean of what they say."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.evaluation.resampling import stratified_bootstrap
from silverprint.core.semisupervised import entropy
from silverprint.core.semisupervised.head import MORE_STEPS, Problem, Term, added, descend
from silverprint.core.semisupervised.shapes import Members, Shares, Weight

MEMBERS: Final = 5
SEEN: Final = 0.7  # share of the columns that a member sees


def learn(problem: Problem, target: Shares) -> Members:
    """Heads by entropy minimisation, each from bootstrap weights of the labels and a part of the columns.

    As many as there are members, or MEMBERS where one is asked for.

    Source: random subspaces (Ho 1998, IEEE TPAMI 20(8), 832-844); averaged soft pseudo-labels without a threshold, to
    which entropy minimisation is the limit of small steps, are what arXiv:2503.09707 finds best on fixed features.
    """
    rng = np.random.default_rng([problem.seed, 2])
    omega = entropy.term(problem.pool, target)
    found = []
    several = len(problem.weights) > 1
    drawn = problem.weights if several else stratified_bootstrap(problem.labels, MEMBERS, problem.seed)
    for weights in drawn:
        seen = np.append(rng.random(problem.rows.shape[1] - 1) < SEEN, True)[:, None]
        labels = problem.labels_term(weights)
        start = descend(_masked(labels, seen), problem.supervised * seen)
        found.append(descend(_masked(added(labels, omega, entropy.WEIGHT), seen), start, MORE_STEPS) * seen)
    return np.stack(found)


def _masked(term: Term, seen: NDArray[np.bool_]) -> Term:
    def masked(weight: Weight) -> tuple[float, Weight]:
        value, slope = term(weight * seen)
        return value, slope * seen

    return masked
