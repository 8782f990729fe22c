"""Automatic consensus: annotators' confusions learned from all votes, averaged over what votes leave open.

Votes alone do not tell a crowd that favours a class from a class that is frequent, and the less so the more people
gave the same number of votes. So fits are averaged that believe to a different degree, in proportion to the number of
people, in shares of the classes that are more even than those of the votes. Where there is a model, fits with its voice
and fits without it count by how likely they make each image's votes given all the others.
"""

from typing import Final

import numpy as np
import polars as pl
from scipy.special import expit

from silverprint.core.consensus import many_classes
from silverprint.core.consensus.confusions import Fit, fit
from silverprint.core.consensus.decision import most_likely
from silverprint.core.consensus.model_voice import voice
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_BELIEFS: Final = (1.0, 4.0)  # images that the belief in even shares of the classes is worth, for each annotator
_NEVER: Final = 1e-9  # votes for a class that nobody chose
_MANY: Final = 200_000  # votes, above which a few images more or less are worth nothing
_CELLS: Final = 20_000_000  # numbers in a table, above which confusions are not kept for each annotator


def decide(cast: VoteArrays) -> pl.DataFrame:
    """image_id, label, confidence: the likeliest class and its probability."""
    if is_large(cast):
        return many_classes.decide(cast)
    return most_likely(cast, posterior(cast))


def is_large(cast: VoteArrays) -> bool:
    """Whether confusions of each annotator would take too much memory."""
    size = len(cast.classes)
    return max(len(cast.annotators) * size, len(cast.images)) * size > _CELLS


def posterior(cast: VoteArrays) -> Shares:
    """(N, C) probabilities of the classes: the mean of the fits, those with a model's voice as it earns it."""
    if len(cast.classes) == 1:
        return np.ones((len(cast.images), 1))
    found = fits(cast)
    heard = np.array([one.voice is not None for one in found])
    evidence = np.array([one.evidence for one in found])
    share = expit(evidence[heard].mean() - evidence[~heard].mean()) if heard.any() else 0.0
    weights = np.where(heard, share / max(heard.sum(), 1), (1 - share) / (~heard).sum())
    return np.asarray(sum(weight * one.likely for weight, one in zip(weights, found, strict=True)))


def fits(cast: VoteArrays) -> list[Fit]:
    """The fits that are averaged."""
    tally = cast.tally()
    shares = tally / tally.sum(axis=1, keepdims=True)
    beliefs = _BELIEFS if len(cast.image) <= _MANY else _BELIEFS[:1]
    even = np.cbrt(tally[cast.known < 0].sum(axis=0) + _NEVER)
    pseudo = [max(belief * len(cast.annotators), even.size) * even / even.sum() for belief in beliefs]
    found = [fit(cast, shares, pseudo=images) for images in pseudo]
    if cast.predicted is not None:
        both = (tally + cast.predicted) / (tally.sum(axis=1, keepdims=True) + 1)
        start = np.where(np.isnan(both), shares, both)
        found += [fit(cast, start, pseudo=images, voice=voice(cast.predicted)) for images in pseudo]
    return found
