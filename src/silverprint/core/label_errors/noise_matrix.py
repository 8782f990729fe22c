"""Noise matrix: the shares in which pictures of each class are labelled, learnt from labels and models' logits.

P(label g | picture x) = Σ_y P(y | x) M[y, g] (Natarajan, Dhillon, Ravikumar & Tewari 2013; Patrini et al. 2017,
arXiv:1609.03683, section 3.1). M and the temperature of the logits are those under which the labels are most likely, by
expectation maximisation, with rows drawn towards one even rate of errors as strongly as held-out labels say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from silverprint.core.evaluation.calibration import softmax, temperature
from silverprint.core.evaluation.resampling import stratified_folds
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Logits, Losses

Matrix = Float[NDArray[np.float64], "c c"]  # row: the class; column: the label

STRENGTHS: Final = (10.0, 100.0, 1e5)  # pictures that the belief in even errors is worth; the last leaves no other
START: Final = 0.2  # share of errors that the search starts from
STEPS: Final = 20
REHEATED: Final = (4, 8, 12, 16)  # steps after which the temperature is fitted again

_FOLDS: Final = 4
_LEAST: Final = 0.02  # share of errors below which the belief about where they go weighs no less
_SPREAD: Final = 0.5  # prior spread of the logarithm of the temperature


@dataclass(frozen=True)
class Noise:
    """How labels go wrong, and the temperature under which that was learnt."""

    matrix: Matrix
    temperature: float


def chosen_noise(logits: Logits, labels: ClassIds, seed: int, told: Matrix | None = None) -> Noise:
    """The noise of the strength under which labels held out are most likely; the evenest where there is no telling.

    Args:
        told: as in `learn`.
    """
    if len(labels) < 2:
        return learn(logits, labels, STRENGTHS[-1], told)
    fold = stratified_folds(labels, min(_FOLDS, len(labels)), seed)
    worth = {}
    for strength in reversed(STRENGTHS):  # of equals the first is taken
        parts = (fold == number for number in np.unique(fold))
        worth[strength] = sum(
            float(_likelihood(logits[held], labels[held], learn(logits[~held], labels[~held], strength, told)).sum())
            for held in parts
        )
    return learn(logits, labels, max(worth, key=lambda strength: worth[strength]), told)


def learn(logits: Logits, labels: ClassIds, strength: float, told: Matrix | None = None) -> Noise:
    """The noise that makes the labels most likely, under a belief in even errors that is worth `strength` pictures.

    Args:
        logits: (N, C) of heads that did not learn from these labels.
        told: counts of (class, label) of other pictures, of which people have told the class. How these were chosen
            does not matter, as long as it was by the picture and the label alone.
    """
    classes = logits.shape[1]
    matrix = np.full((classes, classes), START / max(1, classes - 1))
    np.fill_diagonal(matrix, 1 - START if classes > 1 else 1.0)
    noise, own = Noise(matrix, temperature(logits[None], labels)), np.eye(classes)[labels]
    for step in range(STEPS):
        counts = posterior(logits, labels, noise).T @ own
        noise = Noise(_shrunk(counts if told is None else counts + told, strength), noise.temperature)
        if step in REHEATED:
            noise = Noise(noise.matrix, _temperature(logits, labels, noise))
    return noise


def posterior(logits: Logits, labels: ClassIds, noise: Noise) -> Distributions:
    """(N, C) P(class | picture, label), by Bayes' rule."""
    both = softmax(logits / noise.temperature) * noise.matrix[:, labels].T
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def _likelihood(logits: Logits, labels: ClassIds, noise: Noise) -> Losses:
    """(N,) log P(label | picture)."""
    return np.asarray(np.log((softmax(logits / noise.temperature) * noise.matrix[:, labels].T).sum(axis=1)))


def _shrunk(counts: Matrix, strength: float) -> Matrix:
    """Counts of (class, label) to shares of each row: its errors' rate drawn to that of all, their targets to even."""
    off = ~np.eye(len(counts), dtype=np.bool_)
    if not off.any():
        return np.ones((1, 1))
    wrong = counts[off].reshape(len(counts), -1)
    bad, whole = wrong.sum(axis=1), counts.sum(axis=1)
    even = (bad.sum() + 0.5) / (whole.sum() + 1)
    rate = (bad + strength * even) / (whole + strength)
    belief = strength * max(even, _LEAST)
    share = (wrong + belief / wrong.shape[1]) / (bad + belief)[:, None]
    matrix = np.empty_like(counts)
    matrix[off] = (share * rate[:, None]).ravel()
    np.fill_diagonal(matrix, 1 - rate)
    return matrix


def _temperature(logits: Logits, labels: ClassIds, noise: Noise) -> float:
    def loss(log_t: float) -> float:
        value = -_likelihood(logits, labels, Noise(noise.matrix, float(np.exp(log_t)))).sum()
        return float(value) + log_t**2 / (2 * _SPREAD**2)

    now = np.log(noise.temperature)
    around: Sequence[float] = (now - 1, now + 1)
    from scipy.optimize import minimize_scalar  # loads for long: not before something is fitted

    return float(np.exp(minimize_scalar(loss, bounds=around, method="bounded").x))
