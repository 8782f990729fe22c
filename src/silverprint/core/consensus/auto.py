"""Automatic consensus: annotators' confusions learned from all votes, averaged over what votes leave open.

Votes alone do not tell a crowd that favours a class from a class that is frequent, and the less so the more people
gave the same number of votes. So fits are averaged that believe to a different degree, in proportion to the number of
people, in shares of the classes that are more even than those of the votes. Where there is a model, fits with its voice
and fits without it count by how likely they make each image's votes given all the others.

A confusion for each annotator is more than a few votes can tell, and makes them likelier for all that. So fits with
common errors are averaged with it in the same way, and confusions pay a nat for each free probability of one (Akaike
1974, "A New Look at the Statistical Model Identification", IEEE Transactions on Automatic Control 19).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import softmax

from silverprint.core.consensus import common_errors, many_classes
from silverprint.core.consensus.confusions import Fit, fit
from silverprint.core.consensus.decision import most_likely
from silverprint.core.consensus.model_voice import Voice, voice
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_BELIEFS: Final = (1.0, 4.0)  # images that the belief in even shares of the classes is worth, for each annotator
_NEVER: Final = 1e-9  # votes for a class that nobody chose
_MANY: Final = 200_000  # votes, above which a few images more or less are worth nothing
_VOTES: Final = 2_000_000  # votes times classes, above which all that common errors could add is learned anyway
_CELLS: Final = 20_000_000  # numbers in a table, above which confusions are not kept for each annotator


@dataclass(frozen=True)
class _Opinion:
    """One fit, as far as it is averaged."""

    likely: Shares
    evidence: float
    heard: bool  # with a model's voice
    own: bool  # with confusions of each annotator


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
    """(N, C) probabilities of the classes: the mean of the fits, each kind as it earns it."""
    if len(cast.classes) == 1:
        return np.ones((len(cast.images), 1))
    found = [_Opinion(one.likely, float(one.evidence.sum()), one.voice is not None, True) for one in fits(cast)]
    if len(cast.image) * len(cast.classes) <= _VOTES:
        found += _simple(cast)
    groups = sorted({(one.heard, one.own) for one in found})
    members = [[one for one in found if (one.heard, one.own) == group] for group in groups]
    free = len(cast.classes) * (len(cast.classes) - 1)
    evidence = [np.mean([one.evidence for one in group]) - free * group[0].own for group in members]
    weights = softmax(evidence)
    means = [np.mean([one.likely for one in group], axis=0) for group in members]
    return np.asarray(sum(weight * mean for weight, mean in zip(weights, means, strict=True)))


def fits(cast: VoteArrays) -> list[Fit]:
    """The fits with confusions of each annotator that are averaged."""
    return [fit(cast, start, pseudo=pseudo, voice=heard) for start, pseudo, heard in _searches(cast)]


def _simple(cast: VoteArrays) -> list[_Opinion]:
    """The fits with common errors that are averaged."""
    found = []
    for start, pseudo, heard in _searches(cast):
        likely, evidence = common_errors.fit(cast, start, pseudo=pseudo, voice=heard)
        found.append(_Opinion(likely, float(evidence.sum()), heard is not None, False))
    return found


def _searches(cast: VoteArrays) -> list[tuple[Shares, NDArray[np.float64], Voice | None]]:
    """Start, images of each class that are believed in, and the model's voice or None, of each search."""
    tally = cast.tally()
    shares = tally / tally.sum(axis=1, keepdims=True)
    beliefs = _BELIEFS if len(cast.image) <= _MANY else _BELIEFS[:1]
    even = np.cbrt(tally[cast.known < 0].sum(axis=0) + _NEVER)
    pseudo = [max(belief * len(cast.annotators), even.size) * even / even.sum() for belief in beliefs]
    found: list[tuple[Shares, NDArray[np.float64], Voice | None]] = [(shares, images, None) for images in pseudo]
    if cast.predicted is not None:
        both = (tally + cast.predicted) / (tally.sum(axis=1, keepdims=True) + 1)
        start = np.where(np.isnan(both), shares, both)
        found += [(start, images, voice(cast.predicted)) for images in pseudo]
    return found
