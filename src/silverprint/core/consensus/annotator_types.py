"""Annotator types: what is known of a person before their first vote, learned from all people's votes.

A person is of one of a few types. Each type has a mean confusion, and how much its people differ from it, as a
Dirichlet distribution for each true class. Types are a mixture over people (Venanzi et al. 2014, "Community-based
Bayesian Aggregation Models for Crowdsourcing", WWW), fitted by empirical Bayes (Minka 2000, "Estimating a Dirichlet
distribution", equation 55), so that few votes of a person are read in the light of the others' and many speak for
themselves.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, logsumexp

Counts = Float[NDArray[np.float64], "people said true"]
Weights = Float[NDArray[np.float64], "people types"]

# Before any vote: (votes that the belief is worth, share of answers that are the true class beside chance).
_CAREFUL, _HASTY, _BLIND, _CONTRARY = (8.0, 0.85), (3.0, 0.5), (3.0, 0.0), (4.0, 0.1)
_SHARES: Final = np.array([0.5, 0.35, 0.1, 0.05])  # of people in these types
_PEOPLE: Final = 10.0  # people that this belief about shares is worth
_VOTES: Final = 2.0  # people that the belief about a type's confusion is worth
_LEAST: Final = 1e-3


@dataclass(frozen=True)
class Types:
    """The types as they are believed to be now."""

    concentration: NDArray[np.float64]  # (G, said, true): Dirichlet over what is said, for each true class
    shares: NDArray[np.float64]  # (G,) of people

    def log_weights(self, counts: Counts) -> Weights:
        """(A, G) log of each type's share times the likelihood of the person's counts under it."""
        whole = counts.sum(axis=1)
        columns = []
        for own in self.concentration:
            sums = own.sum(axis=0)
            cells = (gammaln(counts + own) - gammaln(own)).sum(axis=(1, 2))
            columns.append(cells + (gammaln(sums) - gammaln(whole + sums)).sum(axis=1))
        found: Weights = np.stack(columns, axis=1) + np.log(self.shares)
        return found

    def refitted(self, counts: Counts, start: "Types") -> "Types":
        """One step towards the likeliest types given the counts, held by what `start` says."""
        logs = self.log_weights(counts)
        belongs = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        whole = counts.sum(axis=1)
        fitted = self.concentration.copy()
        for place, (own, prior) in enumerate(zip(self.concentration, start.concentration, strict=True)):
            weight, sums = belongs[:, place], own.sum(axis=0)
            more = np.tensordot(weight, digamma(counts + own) - digamma(own), 1) * own + _VOTES * prior
            less = weight @ (digamma(whole + sums) - digamma(sums)) + _VOTES
            fitted[place] = np.maximum(more / less, _LEAST)
        shares = belongs.sum(axis=0) + _PEOPLE * start.shares
        return Types(fitted, shares / shares.sum())


def types(classes: int) -> Types:
    """The types before any vote: careful, hasty, blind (says the same whatever it sees), contrary."""
    same = np.eye(classes)
    chance = np.full((classes, classes), 1 / classes)
    other = (1 - same) / (classes - 1)
    mixtures = [votes * (right * same + (1 - right) * chance) for votes, right in (_CAREFUL, _HASTY, _BLIND)]
    votes, right = _CONTRARY
    return Types(np.stack([*mixtures, votes * (right * same + (1 - right) * other)]), _SHARES)
