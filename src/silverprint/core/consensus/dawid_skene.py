"""Dawid-Skene: each annotator has a confusion matrix, found together with the labels by expectation-maximisation.

Source: Dawid & Skene 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Applied
Statistics 28(1), 20-28; settings as in crowd-kit 1.4 (Ustalov et al. 2024), with which it agrees.
"""

from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from scipy.special import entr, softmax

from silverprint.core.consensus.decision import most_likely
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_ITERATIONS: Final = 100
_TOLERANCE: Final = (
    1e-5  # of what a vote adds to the lower bound, as crowd-kit computes it: with the shares in each vote
)
_LEAST: Final = 1e-10  # probability of what was never seen


def decide(cast: VoteArrays) -> pl.DataFrame:
    """image_id, label, confidence: the likeliest class, and its probability, which is mostly too sure of itself."""
    return most_likely(cast, posterior(cast))


def posterior(cast: VoteArrays) -> Shares:
    """(N, C) probabilities of the classes, from the shares of the votes on."""
    size, people = len(cast.classes), len(cast.annotators)
    said, place = np.unique(cast.annotator * size + cast.choice, return_inverse=True)
    by_image = csr_matrix((np.ones(len(place)), place, cast.begins), shape=(len(cast.images), len(said)))
    by_answer = by_image.T.tocsr()
    tally = cast.tally()
    n = tally.sum(axis=1, keepdims=True)
    likely = tally / n
    bound = -np.inf
    for step in range(_ITERATIONS + 1):
        seen = np.maximum(by_answer @ likely, _LEAST)
        whole = np.zeros((people, size))
        np.add.at(whole, said // size, seen)
        votes = by_image @ np.log(seen / whole[said // size])
        shares = np.log(np.maximum(likely.mean(axis=0), _LEAST))
        before, bound = bound, float((likely * (votes + n * shares)).sum() + entr(likely).sum()) / len(place)
        if step > 1 and bound - before < _TOLERANCE:
            break
        likely = softmax(votes + shares, axis=1)
    return np.asarray(likely)
