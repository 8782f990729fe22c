"""Confusions of annotators and classes of images, found together: collapsed variational Bayes for Dawid-Skene.

The model is Dawid & Skene's with a prior on each annotator's confusion (`annotator_types`) and on the class (shares, or
a model's voice). Confusions are integrated out; an image's votes are read with confusions counted on all *other*
images, which keeps a few votes from confirming themselves (CVB0: Asuncion et al. 2009, "On Smoothing and Inference for
Topic Models", UAI; for crowds close to Liu, Peng & Ihler 2012, "Variational Inference for Crowdsourcing", NeurIPS).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import logsumexp

from silverprint.core.consensus.annotator_types import Counts, Types, Weights, types
from silverprint.core.consensus.ballots import Ballots, Shares
from silverprint.core.consensus.model_voice import Voice

_ITERATIONS: Final = 60
_STILL: Final = 1e-5  # mean change of a probability at which the search has ended
_FIRST_FIT: Final = 2  # iterations before the types are fitted, too
_DAMPING: Final = 0.2  # share of the earlier probabilities that is kept, against swinging to and fro


@dataclass(frozen=True)
class Fit:
    """What a search has found."""

    likely: Shares  # (N, C) probabilities of the classes
    evidence: float  # log-likelihood of each image's votes given all other images, summed
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


def fit(ballots: Ballots, start: Shares, *, pseudo: NDArray[np.float64], voice: Voice | None = None) -> Fit:
    """The classes, from `start` (N, C) on.

    Args:
        pseudo: (C,) images of each class that are believed in before any is seen.
        voice: a model's, which learns on the way.
    """
    size = start.shape[1]
    first = types(size)
    now, likely, evidence = first, start, -np.inf
    counting = _tells(ballots, voice)
    counts = _count(ballots, likely, counting)
    prior = np.empty(start.shape)
    for step in range(_ITERATIONS):
        if step >= _FIRST_FIT:
            now = now.refitted(counts, first)
        _write_prior(prior, likely, counting, pseudo, voice)
        found, evidence = _images(ballots, likely, counts, now, prior, counting)
        moved = float(np.abs(found - likely).mean())
        likely = _DAMPING * likely + (1 - _DAMPING) * found
        counts = _count(ballots, likely, counting)
        if voice is not None:
            voice.learn(likely[voice.known], pseudo)
        if moved < _STILL:
            break
    return Fit(likely, evidence, counts, counting, now, voice)


def _tells(ballots: Ballots, voice: Voice | None) -> NDArray[np.bool_]:
    """(N,) whether an image says anything about who voted: a vote alone can be compared with nothing."""
    compared = ballots.per_image() > 1
    return compared if voice is None else compared | voice.known


def _write_prior(
    prior: Shares, likely: Shares, counting: NDArray[np.bool_], pseudo: NDArray[np.float64], voice: Voice | None
) -> None:
    """Probabilities of the classes before the image's votes: shares among all other images, or the model's voice."""
    own = likely * counting[:, None]
    others = np.maximum(own.sum(axis=0) - own, 0) + pseudo
    prior[:] = others / others.sum(axis=1, keepdims=True)
    if voice is not None:
        prior[voice.known] = voice.prior()


def _count(ballots: Ballots, likely: Shares, counting: NDArray[np.bool_]) -> Counts:
    people, size = len(ballots.annotators), likely.shape[1]
    counts = np.zeros((people, size, size))
    _add(ballots.image, ballots.annotator, ballots.choice, likely, counting, counts)
    return counts


def _images(
    ballots: Ballots, likely: Shares, counts: Counts, now: Types, prior: Shares, counting: NDArray[np.bool_]
) -> tuple[Shares, float]:
    logs: Weights = now.log_weights(counts)
    belongs = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
    found = np.empty(likely.shape)
    evidence = _read(
        ballots.begins, ballots.annotator, ballots.choice, likely, counting, counts, counts.sum(axis=1),
        np.ascontiguousarray(now.concentration), now.concentration.sum(axis=1), belongs, prior, found,
    )  # fmt: skip
    return found, float(evidence)


@njit(cache=True)
def _add(image: Any, annotator: Any, choice: Any, likely: Any, counting: Any, counts: Any) -> None:
    for vote in range(len(image)):
        if counting[image[vote]]:
            for k in range(likely.shape[1]):
                counts[annotator[vote], choice[vote], k] += likely[image[vote], k]


@njit(cache=True)
def _read(
    begins: Any, annotator: Any, choice: Any, likely: Any, counting: Any, counts: Any, whole: Any,
    concentration: Any, sums: Any, belongs: Any, prior: Any, found: Any,
) -> float:  # fmt: skip
    """Writes each image's probabilities into `found`, and returns the log-likelihood of all votes.

    A vote's likelihood is a mixture over the types of its annotator; neither the type nor the counts know of the image.
    """
    images, size = likely.shape
    kinds = len(concentration)
    says = np.empty((kinds, size))
    evidence = 0.0
    for i in range(images):
        found[i] = prior[i]
        for vote in range(begins[i], begins[i + 1]):
            a, said = annotator[vote], choice[vote]
            mixed = np.zeros(size)
            total = 0.0
            for g in range(kinds):
                met = 0.0
                for k in range(size):
                    own = likely[i, k] if counting[i] else 0.0
                    seen = max(counts[a, said, k] - own, 0.0)
                    of = max(whole[a, k] - own, 0.0)
                    says[g, k] = (concentration[g, said, k] + seen) / (sums[g, k] + of)
                    met += likely[i, k] * says[g, k]
                weight = belongs[a, g] / max(met, 1e-300) if counting[i] else belongs[a, g]
                total += weight
                for k in range(size):
                    mixed[k] += weight * says[g, k]
            norm = 0.0
            for k in range(size):
                found[i, k] *= mixed[k] / total
                norm += found[i, k]
            evidence += np.log(norm)
            for k in range(size):
                found[i, k] /= norm
    return evidence
