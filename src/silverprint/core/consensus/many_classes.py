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
from silverprint.core.consensus.vote_arrays import VoteArrays

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
    settled: Floats  # (K,) 1 or 0 of images whose label is known, else NaN
    same: Numbers  # (P,) number of the candidate and what was said; equal answers about an image share one


def decide(cast: VoteArrays) -> pl.DataFrame:
    """image_id, label, confidence: the likeliest candidate and its probability."""
    candidates = _candidates(cast)
    voices = _VOICES if cast.predicted is not None else _VOICES[:1]
    likely, _ = max((_fit(cast, candidates, exponent) for exponent in voices), key=lambda one: one[1])
    best = np.maximum.reduceat(likely, candidates.begins)
    tied = np.flatnonzero(likely >= best[candidates.image] - 1e-9)
    lots = [decision.lot(cast.images[int(candidates.image[k])], cast.classes[candidates.label[k]]) for k in tied]
    order = tied[np.lexsort((np.array(lots), candidates.image[tied]))]
    first = order[np.unique(candidates.image[order], return_index=True)[1]]
    return decision.table(cast, candidates.label[first], best)


def _candidates(cast: VoteArrays) -> _Candidates:
    size = len(cast.classes)
    voted, times = np.unique(cast.image * size + cast.choice, return_counts=True)
    fixed = np.flatnonzero(cast.known >= 0)
    cells = np.union1d(voted, fixed * size + cast.known[fixed])
    if cast.predicted is not None:
        known = np.flatnonzero(~np.isnan(cast.predicted[:, 0]))
        top = np.argpartition(-cast.predicted[known], _PROPOSED, axis=1)[:, :_PROPOSED]
        cells = np.union1d(cells, (known[:, None] * size + top).ravel())
    votes = np.zeros(len(cells))
    votes[np.searchsorted(cells, voted)] = times
    image, label = cells // size, cells % size
    begins = np.searchsorted(image, np.arange(len(cast.images)))
    widths = np.bincount(image)[cast.image]
    vote = np.repeat(np.arange(len(cast.image)), widths)
    within = np.arange(len(vote)) - np.repeat(np.cumsum(widths) - widths, widths)
    place = begins[cast.image[vote]] + within
    pairs, error = np.unique(label[place] * size + cast.choice[vote], return_inverse=True)
    settled = np.where(cast.known[image] >= 0, cast.known[image] == label, np.nan)
    is_said = label[place] == cast.choice[vote]
    same = np.unique(place * size + cast.choice[vote], return_inverse=True)[1]
    return _Candidates(image, label, votes, begins, vote, place, is_said, error, pairs // size, settled, same)


def _fit(cast: VoteArrays, candidates: _Candidates, exponent: float) -> tuple[Floats, float]:
    """Probabilities of the candidates, and the log-likelihood of each image's votes given the others, summed."""
    n = cast.per_image()
    likely = (candidates.votes + 0.1) / np.add.reduceat(candidates.votes + 0.1, candidates.begins)[candidates.image]
    counts = (n > 1) | (cast.known >= 0)
    counts |= (exponent > 0) & ~np.isnan(_model(cast)[:, 0])
    tells = counts[cast.image]
    likely, evidence = _settle(candidates, likely), -np.inf
    for _ in range(_ITERATIONS):
        prior, rest = _prior(cast, candidates, likely, exponent)
        by_pair, missed = _votes(cast, candidates, likely, tells)
        logs = np.log(prior) + np.bincount(candidates.place, np.log(by_pair), len(prior))
        other = np.log(rest) + np.bincount(cast.image, np.log(missed), len(n))
        top = np.maximum(np.maximum.reduceat(logs, candidates.begins), other)
        found = np.exp(logs - top[candidates.image])
        total = np.add.reduceat(found, candidates.begins) + np.exp(other - top)
        evidence = float((top + np.log(total)).sum())
        found = _settle(candidates, found / total[candidates.image])
        moved = float(np.abs(found - likely).mean())
        likely = found
        if moved < _STILL:
            break
    return likely, evidence


def _settle(candidates: _Candidates, likely: Floats) -> Floats:
    """`likely`, with the known labels as they are."""
    return np.where(np.isnan(candidates.settled), likely, candidates.settled)


def _model(cast: VoteArrays) -> Floats:
    return np.full((len(cast.images), 1), np.nan) if cast.predicted is None else cast.predicted


def _prior(cast: VoteArrays, candidates: _Candidates, likely: Floats, exponent: float) -> tuple[Floats, Floats]:
    """Probability of each candidate before the image's votes, and (N,) of all other classes together."""
    size, images = len(cast.classes), len(cast.images)
    open_ones = np.where(np.isnan(candidates.settled), likely, 0)  # known images were not drawn from the others
    whole = np.bincount(candidates.label, open_ones, size)
    shares = (whole[candidates.label] - open_ones + _EQUAL) / (whole.sum() + _EQUAL * size)
    if exponent and cast.predicted is not None:
        logs = exponent * np.log(np.maximum(cast.predicted, _LEAST))
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        powers /= powers.sum(axis=1, keepdims=True)
        said = powers[candidates.image, candidates.label]
        shares = np.where(np.isnan(said), shares, said)
    return shares, np.maximum(1 - np.bincount(candidates.image, shares, images), _LEAST)


def _votes(
    cast: VoteArrays, candidates: _Candidates, likely: Floats, tells: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Likelihood of each vote under each candidate of its image, and (V,) under a class that is no candidate."""
    size, people = len(cast.classes), len(cast.annotators)
    at = likely[candidates.place]
    right = np.bincount(candidates.vote, at * candidates.is_said, len(cast.image)) * tells
    hits, votes = np.bincount(cast.annotator, right, people), np.bincount(cast.annotator, tells, people)
    common = (hits.sum() + _HITS) / (votes.sum() + _HITS + _MISSES)
    worth = _HITS + _MISSES
    accuracy = (hits[cast.annotator] - right + worth * common) / (votes[cast.annotator] - tells + worth)
    accuracy = np.clip(accuracy, 1 / size, 1 - _LEAST)
    times = np.bincount(cast.choice, minlength=size) + 1.0
    whole = len(cast.choice) + size
    wrong = at * ~candidates.is_said * tells[candidates.vote]
    errors = np.bincount(candidates.error, wrong, len(candidates.of))
    rows = np.bincount(candidates.of, errors, size)
    said, true = cast.choice[candidates.vote], candidates.label[candidates.place]
    spread = (times[said] - np.bincount(candidates.same)[candidates.same]) / (whole - times[true])
    alike = np.bincount(candidates.same, wrong)[candidates.same]  # of this image
    own = np.bincount(candidates.place, wrong)[candidates.place]
    taken = (np.maximum(errors[candidates.error] - alike, 0) + _SPREAD * spread) / (
        np.maximum(rows[true] - own, 0) + _SPREAD
    )
    known = accuracy[candidates.vote]
    by_pair = np.where(candidates.is_said, known, (1 - known) * taken)
    return by_pair, (1 - accuracy) * times[cast.choice] / whole
