"""Confusions of annotators and classes of images, found together: collapsed variational Bayes for Dawid-Skene.

The model is Dawid & Skene's with a prior on each annotator's confusion (`annotator_types`) and on the class (shares, or
a model's voice). Confusions are integrated out; an image's votes are read with confusions counted on all *other*
images, which keeps a few votes from confirming themselves (CVB0: Asuncion et al. 2009, "On Smoothing and Inference for
Topic Models", UAI; for crowds close to Liu, Peng & Ihler 2012, "Variational Inference for Crowdsourcing", NeurIPS).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import logsumexp

from silverprint.core.consensus.annotator_types import Counts, Types, Weights, types
from silverprint.core.consensus.model_voice import Voice
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_ITERATIONS: Final = 60
_STILL: Final = 1e-5  # mean change of a probability at which the search has ended
_FIRST_FIT: Final = 2  # iterations before the types are fitted, too
_DAMPING: Final = 0.2  # share of the earlier probabilities that is kept, against swinging to and fro


Evidence = Float[NDArray[np.float64], " images"]
Read = Callable[[Shares, Shares, int], tuple[Shares, Evidence]]


@dataclass(frozen=True)
class Fit:
    """What a search has found."""

    likely: Shares  # (N, C) probabilities of the classes
    evidence: Evidence  # log-likelihood of each image's votes given all other images
    counts: Counts  # expected votes of each annotator: for class `said` where class `true` was right
    tells: NDArray[np.bool_]  # (N,) images that can be compared with something: the others count for no annotator
    types: Types
    voice: Voice | None

    def confusion(self, annotator: int) -> NDArray[np.float64]:
        """(said, true) expected probabilities of what an annotator says, for each true class."""
        logs = self.types.log_weights(self.counts[annotator][None])[0]
        belongs = np.exp(logs - logsumexp(logs))
        seen = self.types.concentration + self.counts[annotator]
        return np.asarray(np.tensordot(belongs, seen / seen.sum(axis=1, keepdims=True), 1))


def fit(cast: VoteArrays, start: Shares, *, pseudo: NDArray[np.float64], voice: Voice | None = None) -> Fit:
    """The classes, from `start` (N, C) on.

    Args:
        pseudo: (C,) images of each class that are believed in before any is seen.
        voice: a model's, which learns on the way.
    """
    first = types(start.shape[1])
    now, counting = first, tells(cast, voice)

    def read(likely: Shares, prior: Shares, step: int) -> tuple[Shares, Evidence]:
        nonlocal now
        counts = _count(cast, likely, counting)
        if step >= _FIRST_FIT:
            now = now.refitted(counts, first)
        return _images(cast, likely, counts, now, prior, counting)

    likely, evidence = search(cast, start, read, pseudo=pseudo, voice=voice)
    return Fit(likely, evidence, _count(cast, likely, counting), counting, now, voice)


def search(
    cast: VoteArrays, start: Shares, read: Read, *, pseudo: NDArray[np.float64], voice: Voice | None
) -> tuple[Shares, Evidence]:
    """The classes from `start` (N, C) on, and the evidence of the images, by repeated reading of the votes.

    Args:
        read: (N, C) classes as believed, (N, C) prior, number of the step -> (N, C) classes, (N,) log-likelihood.
    """
    likely = start.copy()
    evidence: Evidence = np.zeros(len(start))
    _settle(cast, likely)
    frequent = tells(cast, voice) & (cast.known < 0)  # who chose the known images did not draw them from the others
    prior = np.empty(start.shape)
    for step in range(_ITERATIONS):
        _write_prior(prior, likely, frequent, pseudo, voice)
        found, evidence = read(likely, prior, step)
        _settle(cast, found)
        found -= likely  # in place: with a million images each table takes a tenth of a gigabyte
        moved = float(np.linalg.norm(found.ravel(), 1)) / found.size
        found *= 1 - _DAMPING
        likely += found
        if voice is not None:
            voice.learn(likely[voice.known], pseudo)
        if moved < _STILL:
            break
    return likely, evidence


def tells(cast: VoteArrays, voice: Voice | None) -> NDArray[np.bool_]:
    """(N,) whether an image says anything about who voted: a vote alone can be compared with nothing."""
    compared = (cast.per_image() > 1) | (cast.known >= 0)
    return compared if voice is None else compared | voice.known


def _settle(cast: VoteArrays, likely: Shares) -> None:
    """Sets the known labels."""
    settled = np.flatnonzero(cast.known >= 0)
    likely[settled] = np.eye(likely.shape[1])[cast.known[settled]]


def _write_prior(
    prior: Shares, likely: Shares, frequent: NDArray[np.bool_], pseudo: NDArray[np.float64], voice: Voice | None
) -> None:
    """Probabilities of the classes before the image's votes: shares among all other images, or the model's voice."""
    np.multiply(likely, frequent[:, None], out=prior)
    np.subtract(prior.sum(axis=0) + pseudo, prior, out=prior)
    np.maximum(prior, pseudo, out=prior)
    prior /= prior.sum(axis=1, keepdims=True)
    if voice is not None:
        prior[voice.known] = voice.prior()


def _count(cast: VoteArrays, likely: Shares, counting: NDArray[np.bool_]) -> Counts:
    from silverprint.core.consensus import kernels  # it takes numba, which who counts a majority need not load

    people, size = len(cast.annotators), likely.shape[1]
    counts = np.zeros((people, size, size))
    kernels.add(cast.image, cast.annotator, cast.choice, likely, counting, counts)
    return counts


def _images(
    cast: VoteArrays, likely: Shares, counts: Counts, now: Types, prior: Shares, counting: NDArray[np.bool_]
) -> tuple[Shares, Evidence]:
    from silverprint.core.consensus import kernels

    logs: Weights = now.log_weights(counts)
    belongs = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
    found, evidence = np.empty(likely.shape), np.empty(len(likely))
    kernels.read(
        cast.begins, cast.annotator, cast.choice, likely, counting, counts, counts.sum(axis=1),
        np.ascontiguousarray(now.concentration), now.concentration.sum(axis=1), belongs, prior, found, evidence,
    )  # fmt: skip
    return found, evidence
