"""Consensus over many classes, where a confusion matrix for each annotator is neither known nor small.

Each annotator has one accuracy, and the errors of all together say which class is taken for which. An image's label is
one of the classes that somebody chose for it or that a model finds likeliest; that it may be another one lowers its
confidence. Otherwise as `confusions`: what is counted leaves out the image itself, and a lone vote tells nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.consensus import decision
from silverprint.core.consensus.ballots import Ballots

_PROPOSED: Final = 3  # classes that a model proposes for an image
_VOICES: Final = (0.0, 0.5, 1.0, 1.5)  # exponents of the model's probabilities, of which the likeliest is taken
_HITS, _MISSES = 4.0, 1.5  # votes that the belief in an annotator's accuracy is worth
_SPREAD: Final = 2.0  # errors that the belief in errors by the frequency of answers is worth
_EQUAL: Final = 1.0  # images of each class that equal shares of the classes are worth
_ITERATIONS, _STILL = 40, 1e-5
_LEAST: Final = 1e-4

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Candidates:
    """K candidates, and P pairs of a vote and a candidate of the same image."""

    image: Numbers  # (K,) sorted
    label: Numbers  # (K,)
    votes: Floats  # (K,)
    begins: Numbers  # (N,) candidates of image i begin here
    vote: Numbers  # (P,)
    place: Numbers  # (P,) number of the candidate
    is_said: NDArray[np.bool_]  # (P,)
    error: Numbers  # (P,) number of the pair of classes, true and said
    of: Numbers  # the true class of each pair of classes
    same: Numbers  # (P,) number of the candidate and what was said; equal answers about an image share one


def decide(ballots: Ballots) -> pl.DataFrame:
    """image_id, label, confidence: the likeliest candidate and its probability."""
    candidates = _candidates(ballots)
    voices = _VOICES if ballots.predicted is not None else _VOICES[:1]
    likely, _ = max((_fit(ballots, candidates, exponent) for exponent in voices), key=lambda one: one[1])
    best = np.maximum.reduceat(likely, candidates.begins)
    tied = np.flatnonzero(likely >= best[candidates.image] - 1e-9)
    lots = [decision.lot(ballots.images[int(candidates.image[k])], ballots.classes[candidates.label[k]]) for k in tied]
    order = tied[np.lexsort((np.array(lots), candidates.image[tied]))]
    first = order[np.unique(candidates.image[order], return_index=True)[1]]
    return decision.table(ballots, candidates.label[first], best)


def _candidates(ballots: Ballots) -> _Candidates:
    size = len(ballots.classes)
    voted, times = np.unique(ballots.image * size + ballots.choice, return_counts=True)
    cells, votes = voted, times.astype(np.float64)
    if ballots.predicted is not None:
        known = np.flatnonzero(~np.isnan(ballots.predicted[:, 0]))
        top = np.argpartition(-ballots.predicted[known], _PROPOSED, axis=1)[:, :_PROPOSED]
        cells = np.union1d(voted, (known[:, None] * size + top).ravel())
        votes = np.zeros(len(cells))
        votes[np.searchsorted(cells, voted)] = times
    image, label = cells // size, cells % size
    begins = np.searchsorted(image, np.arange(len(ballots.images)))
    widths = np.bincount(image)[ballots.image]
    vote = np.repeat(np.arange(len(ballots.image)), widths)
    within = np.arange(len(vote)) - np.repeat(np.cumsum(widths) - widths, widths)
    place = begins[ballots.image[vote]] + within
    pairs, error = np.unique(label[place] * size + ballots.choice[vote], return_inverse=True)
    is_said = label[place] == ballots.choice[vote]
    same = np.unique(place * size + ballots.choice[vote], return_inverse=True)[1]
    return _Candidates(image, label, votes, begins, vote, place, is_said, error, pairs // size, same)


def _fit(ballots: Ballots, candidates: _Candidates, exponent: float) -> tuple[Floats, float]:
    """Probabilities of the candidates, and the log-likelihood of each image's votes given the others, summed."""
    n = ballots.per_image()
    likely = (candidates.votes + 0.1) / np.add.reduceat(candidates.votes + 0.1, candidates.begins)[candidates.image]
    counts = n > 1 if exponent == 0 else (n > 1) | ~np.isnan(_model(ballots)[:, 0])
    tells = counts[ballots.image]
    evidence = -np.inf
    for _ in range(_ITERATIONS):
        prior, rest = _prior(ballots, candidates, likely, exponent)
        by_pair, missed = _votes(ballots, candidates, likely, tells)
        logs = np.log(prior) + np.bincount(candidates.place, np.log(by_pair), len(prior))
        other = np.log(rest) + np.bincount(ballots.image, np.log(missed), len(n))
        top = np.maximum(np.maximum.reduceat(logs, candidates.begins), other)
        found = np.exp(logs - top[candidates.image])
        total = np.add.reduceat(found, candidates.begins) + np.exp(other - top)
        evidence = float((top + np.log(total)).sum())
        found /= total[candidates.image]
        moved = float(np.abs(found - likely).mean())
        likely = found
        if moved < _STILL:
            break
    return likely, evidence


def _model(ballots: Ballots) -> Floats:
    return np.full((len(ballots.images), 1), np.nan) if ballots.predicted is None else ballots.predicted


def _prior(ballots: Ballots, candidates: _Candidates, likely: Floats, exponent: float) -> tuple[Floats, Floats]:
    """Probability of each candidate before the image's votes, and (N,) of all other classes together."""
    size, images = len(ballots.classes), len(ballots.images)
    whole = np.bincount(candidates.label, likely, size)
    shares = (whole[candidates.label] - likely + _EQUAL) / (whole.sum() + _EQUAL * size)
    if exponent and ballots.predicted is not None:
        logs = exponent * np.log(np.maximum(ballots.predicted, _LEAST))
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        powers /= powers.sum(axis=1, keepdims=True)
        said = powers[candidates.image, candidates.label]
        shares = np.where(np.isnan(said), shares, said)
    return shares, np.maximum(1 - np.bincount(candidates.image, shares, images), _LEAST)


def _votes(
    ballots: Ballots, candidates: _Candidates, likely: Floats, tells: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Likelihood of each vote under each candidate of its image, and (V,) under a class that is no candidate."""
    size, people = len(ballots.classes), len(ballots.annotators)
    at = likely[candidates.place]
    right = np.bincount(candidates.vote, at * candidates.is_said, len(ballots.image)) * tells
    hits, votes = np.bincount(ballots.annotator, right, people), np.bincount(ballots.annotator, tells, people)
    common = (hits.sum() + _HITS) / (votes.sum() + _HITS + _MISSES)
    worth = _HITS + _MISSES
    accuracy = (hits[ballots.annotator] - right + worth * common) / (votes[ballots.annotator] - tells + worth)
    accuracy = np.clip(accuracy, 1 / size, 1 - _LEAST)
    times = np.bincount(ballots.choice, minlength=size) + 1.0
    whole = len(ballots.choice) + size
    wrong = at * ~candidates.is_said * tells[candidates.vote]
    errors = np.bincount(candidates.error, wrong, len(candidates.of))
    rows = np.bincount(candidates.of, errors, size)
    said, true = ballots.choice[candidates.vote], candidates.label[candidates.place]
    spread = (times[said] - np.bincount(candidates.same)[candidates.same]) / (whole - times[true])
    alike = np.bincount(candidates.same, wrong)[candidates.same]  # of this image
    own = np.bincount(candidates.place, wrong)[candidates.place]
    taken = (np.maximum(errors[candidates.error] - alike, 0) + _SPREAD * spread) / (
        np.maximum(rows[true] - own, 0) + _SPREAD
    )
    known = accuracy[candidates.vote]
    by_pair = np.where(candidates.is_said, known, (1 - known) * taken)
    return by_pair, (1 - accuracy) * times[ballots.choice] / whole
