"""Linear head: cross-entropy of the labels, a penalty on the weights, and whatever Ω adds, by L-BFGS."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from silverprint.core.evaluation.calibration import temperature
from silverprint.core.evaluation.resampling import stratified_folds
from silverprint.core.semisupervised.features import View, in_chunks, with_constant
from silverprint.core.semisupervised.shapes import (
    ClassIds,
    Distributions,
    Logits,
    Losses,
    MemberLogits,
    Members,
    Rows,
    RowWeights,
    Shares,
    Weight,
)

Term: TypeAlias = Callable[[Weight], tuple[float, Weight]]  # value and slope at a weight

PENALTIES: Final = (1e-2, 1e-3, 1e-4, 1e-5)
FOLDS: Final = 5
MANY: Final = 500  # labels from which on three folds say enough
STEPS: Final = 100  # of L-BFGS for the labels alone, at most
MORE_STEPS: Final = 50  # from there with Ω: twice as many change nothing

_SLOPE: Final = 1e-5  # the largest slope at which L-BFGS is done


@dataclass(frozen=True)
class Problem:
    """Labels and a pool as a head sees them. Its rows have a last column of ones."""

    rows: Rows
    labels: ClassIds
    pool: Rows
    classes: int
    penalty: float
    seed: int

    @cached_property
    def supervised(self) -> Weight:
        """What the labels alone teach: where every Ω starts."""
        return descend(self.labels_term(), np.zeros((self.rows.shape[1], self.classes)))

    def labels_term(self, weights: RowWeights | None = None) -> Term:
        """Cross-entropy and penalty; `weights` of the labels, all alike without any."""
        return supervised_term(self.rows, np.eye(self.classes)[self.labels], self.penalty, weights)

    @cached_property
    def folds(self) -> "list[tuple[NDArray[np.bool_], Problem]]":
        """(L,) the labels that are held out and judged, and the problem without those held out.

        None where one label is all. A label of whose class no other is left is held out and not judged.
        """
        folds = FOLDS if len(self.labels) < MANY else 3
        fold = stratified_folds(self.labels, min(folds, len(self.labels)), self.seed)
        held_out = [fold == number for number in np.unique(fold)]
        return [
            (held & np.isin(self.labels, self.labels[~held]), self.part(~held)) for held in held_out if not held.all()
        ]

    def part(self, chosen: NDArray[np.bool_]) -> "Problem":
        """With a part of the labels."""
        return replace(self, rows=self.rows[chosen], labels=self.labels[chosen])


# The weights of one or more members; the second: the classes' shares that the pool's mean prediction is pulled to.
Learner: TypeAlias = Callable[[Problem, Shares], Members]


@dataclass(frozen=True)
class Fitted:
    """A model: the mean of its members' predictions."""

    view: View
    weight: Members  # members, calibrated; the last row is the bias
    omega: str  # what it was learnt with

    def probabilities(self, rows: Rows) -> Distributions:
        """(n, D) features, as those that it was learnt from, to (n, C): each row a distribution."""
        return in_chunks(np.asarray(rows), self._few)

    def _few(self, rows: Rows) -> NDArray[np.float32]:
        seen = with_constant(self.view(rows))
        return np.asarray(softmax(seen @ self.weight, axis=2).mean(axis=0), dtype=np.float32)


def supervised_term(
    rows: Rows,
    targets: Distributions,
    penalty: float,
    weights: RowWeights | None = None,
) -> Term:
    """Weighted mean cross-entropy to `targets`, distributions, + penalty / 2 · |W|²."""
    share = np.full(len(rows), 1 / len(rows)) if weights is None else weights / weights.sum()
    aims, share = targets.astype(rows.dtype), share.astype(rows.dtype)[:, None]

    def term(weight: Weight) -> tuple[float, Weight]:
        logs, shares = softened(rows @ weight.astype(rows.dtype))
        value = -float((share * aims * logs).sum()) + penalty / 2 * float(np.square(weight).sum())
        return value, rows.T @ (share * (shares - aims)) + penalty * weight

    return term


def softened(logits: Logits) -> tuple[Logits, Distributions]:
    """The logarithm of softmax, and softmax."""
    lowered = logits - logits.max(axis=1, keepdims=True)
    shares = np.exp(lowered)
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(total)), np.asarray(shares / total)


def descend(term: Term, start: Weight, steps: int = STEPS) -> Weight:
    """The weight at which `term` is least, as far as `steps` steps of L-BFGS from `start` come."""
    shape = start.shape

    def flat(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = term(weight.reshape(shape))
        return value, slope.ravel().astype(np.float64)

    options = {"maxiter": steps, "gtol": _SLOPE}
    found = minimize(flat, start.astype(np.float64).ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x.reshape(shape))


def with_omega(problem: Problem, omega: Term, weight: float) -> Weight:
    """The weight at which cross-entropy + penalty + weight · Ω is least, from the supervised head downhill."""
    return descend(added(problem.labels_term(), omega, weight), problem.supervised, MORE_STEPS)


def added(term: Term, other: Term, weight: float) -> Term:
    """term + weight · other."""

    def both(at: Weight) -> tuple[float, Weight]:
        (value, slope), (more, steeper) = term(at), other(at)
        return value + weight * more, slope + weight * steeper

    return both


def held_out_logits(problem: Problem, learn: Learner, target: Shares) -> MemberLogits:
    """What each label's row is given by members that did not see it; NaN where they saw no label of its class."""
    learnt = [(judged, learn(part, target)) for judged, part in problem.folds]
    members = len(learnt[0][1]) if learnt else 1
    logits = np.full((members, len(problem.labels), problem.classes), np.nan)
    for judged, weight in learnt:
        logits[:, judged] = problem.rows[judged] @ weight
    return logits


class Judged(NamedTuple):
    """Labels held out, under the temperature that makes them likeliest."""

    temperature: float
    log_loss: Losses
    brier: Losses  # squared distance of the prediction from the label, 0..2: an error made surely is no outlier in it


def calibrated(logits: MemberLogits, labels: ClassIds) -> Judged:
    """What held-out logits are worth; labels whose class the members never saw are left out."""
    judged = ~np.isnan(logits[0, :, 0])
    known, kept = labels[judged], logits[:, judged]
    warmth = temperature(kept, known)
    shares = softmax(kept / warmth, axis=2).mean(axis=0)
    own = shares[np.arange(len(known)), known]
    brier = np.square(shares).sum(axis=1) - 2 * own + 1
    return Judged(warmth, -np.log(np.maximum(own, 1e-12)), brier)


def tuned(problem: Problem) -> tuple[Problem, float]:
    """With the penalty under which labels held out are most likely, by the labels alone; and their summed loss."""
    starts: list[Weight] = [np.zeros((problem.rows.shape[1], problem.classes)) for _ in problem.folds]
    losses = []
    for penalty in PENALTIES:  # from strong to weak: each fit starts where the last one ended
        logits = np.full((1, len(problem.labels), problem.classes), np.nan)
        for place, (judged, part) in enumerate(problem.folds):
            starts[place] = descend(replace(part, penalty=penalty).labels_term(), starts[place])
            logits[0, judged] = problem.rows[judged] @ starts[place]
        losses.append(float(calibrated(logits, problem.labels).log_loss.sum()))
    best = int(np.argmin(losses))
    return replace(problem, penalty=PENALTIES[best]), losses[best]


def supervised(problem: Problem, _: Shares) -> Members:
    """Ω = none."""
    return problem.supervised[None]
