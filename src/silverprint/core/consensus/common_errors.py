"""Common errors: one accuracy for each annotator, and one table of errors for all of them.

Two votes an image show only which pairs of answers occur, and many confusions make the same pairs: it takes three to
tell them apart (Kruskal 1977, "Three-way arrays", Linear Algebra and its Applications 18). One accuracy for each person
is told by the pairs: this is Dawid & Skene's model with one coin, whose errors go where all people's errors go. A
person is honest, blind (the answer does not depend on the image) or contrary (mostly another class); these are a
mixture, as the types of `annotator_types` are. As in `confusions`, an image is read with counts of all others.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import softmax

from silverprint.core.consensus.confusions import Evidence, search, tells
from silverprint.core.consensus.model_voice import Voice
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_KINDS: Final = np.array([0.85, 0.1, 0.05])  # shares of honest, blind and contrary people before any vote
_HITS, _MISSES = 4.0, 1.0  # votes that the belief in the accuracy of all is worth
_OWN: Final = 20.0  # votes that the belief that a person is as accurate as all is worth
_SPREAD: Final = 10.0  # errors of a class that the belief is worth that two classes are taken for each other alike
_SAID: Final = 2.0  # votes that the belief that a blind person answers as all do is worth
_CONTRARY: Final = 0.05  # accuracy of a contrary person
_FIRST_KINDS: Final = 2  # iterations before people are told apart
_SUREST: Final = 0.999  # accuracy at most

Cells = Float[NDArray[np.float64], "votes classes"]
Kinds = Float[NDArray[np.float64], "people kinds"]


@dataclass(frozen=True)
class _Votes:
    """The votes, and what of them does not change on the way."""

    cast: VoteArrays
    told: NDArray[np.float64]  # (V,) 1 where the vote can be compared with something, else 0
    frequent: NDArray[np.float64]  # (C,) share of each answer
    blind: NDArray[np.float64]  # (V,) likelihood if its annotator is blind, from their other votes

    def by_person(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(A,) sums of (V,) values."""
        return np.asarray(np.bincount(self.cast.annotator, values, len(self.cast.annotators)), np.float64)


def fit(
    cast: VoteArrays, start: Shares, *, pseudo: NDArray[np.float64], voice: Voice | None = None
) -> tuple[Shares, Evidence]:
    """(N, C) probabilities of the classes, and (N,) log-likelihood of each image's votes given all others.

    Args: as `confusions.fit`.
    """
    votes = _votes(cast, tells(cast, voice))
    kinds = np.tile(_KINDS, (len(cast.annotators), 1))

    def read(likely: Shares, prior: Shares, step: int) -> tuple[Shares, Evidence]:
        nonlocal kinds
        own = likely[cast.image] * votes.told[:, None]
        says = _says(votes, own, kinds)
        if step > _FIRST_KINDS:
            kinds = _kinds(votes, own, says)
        return _images(votes, own, says, kinds, prior)

    return search(cast, start, read, pseudo=pseudo, voice=voice)


def _votes(cast: VoteArrays, compared: NDArray[np.bool_]) -> _Votes:
    size, told = len(cast.classes), compared[cast.image].astype(np.float64)
    frequent = (np.bincount(cast.choice, minlength=size) + 1.0) / (len(cast.choice) + size)
    answer = cast.annotator * size + cast.choice
    alike = np.bincount(answer, told)[answer] - told
    whole = np.bincount(cast.annotator, told)[cast.annotator] - told
    return _Votes(cast, told, frequent, (alike + _SAID * frequent[cast.choice]) / (whole + _SAID))


def _says(votes: _Votes, own: Cells, kinds: Kinds) -> list[Cells]:
    """Likelihood of each vote under each class, if its annotator is honest, blind, contrary."""
    cast, each = votes.cast, np.arange(len(own))
    size, honest = own.shape[1], kinds[:, 0]
    right = own[each, cast.choice]
    hits, answers = votes.by_person(right), votes.by_person(votes.told)
    common = (honest @ hits + _HITS) / (honest @ answers + _HITS + _MISSES)
    accuracy = (hits[cast.annotator] - right + _OWN * common) / (answers[cast.annotator] - votes.told + _OWN)
    accuracy = np.clip(accuracy, 1 / size, _SUREST)
    known = (1 - accuracy)[:, None] * _errors(votes, own, honest[cast.annotator])
    known[each, cast.choice] = accuracy
    contrary = np.full(own.shape, (1 - _CONTRARY) / (size - 1))
    contrary[each, cast.choice] = _CONTRARY
    return [known, np.broadcast_to(votes.blind[:, None], own.shape), contrary]


def _errors(votes: _Votes, own: Cells, honest: NDArray[np.float64]) -> Cells:
    """Share of each vote's answer among honest people's errors about each class, the image itself left out."""
    cast, size = votes.cast, own.shape[1]
    errors = np.zeros((size, size))
    np.add.at(errors, cast.choice, own * honest[:, None])
    np.fill_diagonal(errors, 0)
    weight = np.zeros((len(cast.images), size))
    np.add.at(weight, (cast.image, cast.choice), honest * votes.told)
    alike = own * weight[cast.image, cast.choice][:, None]
    image = own * (weight.sum(axis=1, keepdims=True) - weight)[cast.image]
    chance = votes.frequent[:, None] / (1 - votes.frequent) * (1 - np.eye(size))
    mutual = errors + errors.T + 2 * chance
    spread = _SPREAD * mutual / mutual.sum(axis=0)
    found: Cells = np.maximum(errors[cast.choice] - alike, 0) + spread[cast.choice]
    found /= np.maximum(errors.sum(axis=0) - image, 0) + _SPREAD
    return found


def _kinds(votes: _Votes, own: Cells, says: list[Cells]) -> Kinds:
    """(A, 3) how likely each person is of each kind; what a blind person says is learned, and pays for that."""
    logs = [votes.by_person((own * np.log(cells)).sum(axis=1)) for cells in says]
    logs[1] -= (own.shape[1] - 1) / 2 * np.log(np.maximum(votes.by_person(votes.told), 2))  # Schwarz 1978
    return np.asarray(softmax(np.stack(logs, axis=1) + np.log(_KINDS), axis=1))


def _images(votes: _Votes, own: Cells, says: list[Cells], kinds: Kinds, prior: Shares) -> tuple[Shares, Evidence]:
    """The classes read from all votes; neither a vote nor the kind of its annotator is known from the image itself."""
    cast = votes.cast
    mixed, total = np.zeros(own.shape), np.zeros((len(own), 1))
    for kind, cells in zip(kinds[cast.annotator].T, says, strict=True):
        met = (own * cells).sum(axis=1) + (1 - votes.told)
        weight = (kind / np.maximum(met, 1e-300))[:, None]
        mixed += weight * cells
        total += weight
    logs = np.log(prior) + np.add.reduceat(np.log(mixed / total), cast.begins[:-1], axis=0)
    top = logs.max(axis=1, keepdims=True)
    found = np.exp(logs - top)
    whole = found.sum(axis=1, keepdims=True)
    return found / whole, (top + np.log(whole))[:, 0]
