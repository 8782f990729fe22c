"""Linear head: cross-entropy of the labels, a penalty on the weights, and whatever Ω adds, by L-BFGS."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from silverprint.core.evaluation.calibration import softmax, temperature
from silverprint.core.evaluation.resampling import stratified_folds
from silverprint.core.semisupervised.features import View, in_chunks, with_constant
from silverprint.core.semisupervised.shapes import (
    ClassIds,
    Distributions,
    Labelled,
    Logits,
    Losses,
    MemberLogits,
    Members,
    MemberWeights,
    Rows,
    RowWeights,
    Shares,
    Weight,
)
from silverprint.core.semisupervised.shares import of_shown

Term: TypeAlias = Callable[[Weight], tuple[float, Weight]]  # value and slope at a weight

PENALTIES: Final = (1e-2, 1e-3, 1e-4, 1e-5)
FOLDS: Final = 5
MANY: Final = 500  # labels from which on three folds say enough
STEPS: Final = 100  # of L-BFGS for the labels alone, at most
MORE_STEPS: Final = 50  # from there with Ω: twice as many change nothing
MEMBER_STEPS: Final = 15  # from there to each member of several, whose labels weigh a little differently

_SLOPE: Final = 1e-5  # the largest slope at which L-BFGS is done


class Aims(NamedTuple):
    """Rows whose label is not surely right, as a head sees them: never held out, and no label to judge by."""

    rows: Rows
    targets: Distributions
    weights: RowWeights  # each next to a label's, which is 1


@dataclass(frozen=True)
class Problem:
    """Labels and a pool as a head sees them. Its rows have a last column of ones.

    A head learns `targets`, how likely each class is; it is judged by `labels`, the likeliest.
    """

    rows: Rows
    labels: ClassIds
    targets: Distributions
    pool: Rows
    classes: int
    penalty: float
    seed: int
    weights: MemberWeights  # of the labels, for each member
    aims: Aims | None = None  # what is learnt from beside the labels

    @cached_property
    def supervised(self) -> Weight:
        """What the labels alone teach: where every Ω starts."""
        return descend(self.labels_term(), np.zeros((self.rows.shape[1], self.classes)))

    def labels_term(self, weights: RowWeights | None = None) -> Term:
        """Cross-entropy and penalty; `weights` of the labels, all alike without any."""
        if self.aims is None:
            return supervised_term(self.rows, self.targets, self.penalty, weights)
        own = np.ones(len(self.targets)) if weights is None else weights
        rows, targets = (
            np.concatenate(both) for both in ((self.rows, self.aims.rows), (self.targets, self.aims.targets))
        )
        return supervised_term(rows, targets, self.penalty, np.concatenate([own, self.aims.weights]))

    @cached_property
    def folds(self) -> "list[tuple[Labelled, Problem]]":
        """(L,) the labels that are held out, and the problem without them. None where one label is all."""
        folds = FOLDS if len(self.labels) < MANY else 3
        fold = stratified_folds(self.labels, min(folds, len(self.labels)), self.seed)
        held_out = [fold == number for number in np.unique(fold)]
        return [(held, self.part(~held)) for held in held_out if not held.all()]

    @cached_property
    def judged(self) -> Labelled:
        """(L,) the labels that are judged when they are held out: others of their class are left then."""
        judged = np.zeros(len(self.labels), dtype=np.bool_)
        for held, part in self.folds:
            judged |= held & np.isin(self.labels, part.labels)
        return judged

    @property
    def single(self) -> "Problem":
        """With one member, for which all labels weigh the same."""
        return replace(self, weights=np.ones((1, len(self.labels))))

    def part(self, chosen: Labelled) -> "Problem":
        """With a part of the labels."""
        rows, labels, targets = self.rows[chosen], self.labels[chosen], self.targets[chosen]
        return replace(self, rows=rows, labels=labels, targets=targets, weights=self.weights[:, chosen])


# The weights of one or more members; the second: the classes' shares that the pool's mean prediction is pulled to.
Learner: TypeAlias = Callable[[Problem, Shares], Members]


@dataclass(frozen=True)
class Fitted:
    """A model: the mean of its members' predictions.

    Attributes:
        view: how it sees features.
        weight: of each member; the last row is the bias.
        temperature: what the logits are divided by.
        omega: what it was learnt with, and `penalty` the weight decay.
        pool: rows of the pool that it was learnt from.
        held_out: (L, C), for each label what a model says that was learnt without it, at the same temperature; equal
            shares where the label is the only one.
        tried: the Ω that were compared, in their order, with the mean Brier score of labels held out.
        doubtful: the way in which doubtful labels were taken; empty where they were not.
    """

    view: View
    weight: Members
    temperature: float
    omega: str
    penalty: float
    pool: int
    held_out: Distributions
    tried: tuple[tuple[str, float], ...] = ()
    doubtful: str = ""

    def probabilities(self, rows: Rows) -> Distributions:
        """(n, D) features, as those that it was learnt from, to (n, C): each row a distribution."""
        return in_chunks(np.asarray(rows), self._few)

    def _few(self, rows: Rows) -> NDArray[np.float32]:
        logits = with_constant(self.view(rows)) @ self.weight / self.temperature
        return np.asarray(softmax(logits).mean(axis=0), dtype=np.float32)


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
    from scipy.optimize import minimize  # loads for long: not before something is fitted

    found = minimize(flat, start.astype(np.float64).ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x.reshape(shape))


def with_omega(problem: Problem, omega: Term, weight: float) -> Members:
    """Where cross-entropy + penalty + weight · Ω is least, from the supervised head downhill; for each member.

    Members of several start where all labels weigh the same: they differ by what their labels say, not by the valley
    that they happened to come into.
    """
    whole = descend(added(problem.labels_term(), omega, weight), problem.supervised, MORE_STEPS)
    if len(problem.weights) == 1:
        return whole[None]
    terms = (added(problem.labels_term(weights), omega, weight) for weights in problem.weights)
    return np.stack([descend(term, whole, MEMBER_STEPS) for term in terms])


def added(term: Term, other: Term, weight: float) -> Term:
    """term + weight · other."""

    def both(at: Weight) -> tuple[float, Weight]:
        (value, slope), (more, steeper) = term(at), other(at)
        return value + weight * more, slope + weight * steeper

    return both


def held_out_logits(problem: Problem, learn: Learner, target: Shares) -> MemberLogits:
    """What each label's row is given by members that did not see it; 0 for a label that is the only one."""
    learnt = [(held, learn(part, of_shown(target, part.labels))) for held, part in problem.folds]
    members = len(learnt[0][1]) if learnt else len(problem.weights)
    logits = np.zeros((members, len(problem.labels), problem.classes))
    for held, weight in learnt:
        logits[:, held] = problem.rows[held] @ weight
    return logits


class Judged(NamedTuple):
    """Labels held out, under the temperature that makes them likeliest."""

    temperature: float
    log_loss: Losses
    brier: Losses  # squared distance of the prediction from the label, 0..2: an error made surely is no outlier in it
    predictions: Distributions  # (L, C), of those not judged, too


def calibrated(problem: Problem, logits: MemberLogits) -> Judged:
    """What held-out logits are worth; labels whose class the members never saw are left out."""
    judged = problem.judged
    known = problem.labels[judged]
    warmth = temperature(logits[:, judged], known)
    predictions = softmax(logits / warmth).mean(axis=0)
    shares = predictions[judged]
    own = shares[np.arange(len(known)), known]
    brier = np.square(shares).sum(axis=1) - 2 * own + 1
    return Judged(warmth, -np.log(np.maximum(own, 1e-12)), brier, predictions.astype(np.float32))


def tuned(problem: Problem) -> tuple[Problem, float]:
    """With the penalty under which labels held out are most likely, by the labels alone; and their summed loss."""
    starts: list[Weight] = [np.zeros((problem.rows.shape[1], problem.classes)) for _ in problem.folds]
    losses = []
    for penalty in PENALTIES:  # from strong to weak: each fit starts where the last one ended
        logits = np.zeros((1, len(problem.labels), problem.classes))
        for place, (held, part) in enumerate(problem.folds):
            starts[place] = descend(replace(part, penalty=penalty).labels_term(), starts[place])
            logits[0, held] = problem.rows[held] @ starts[place]
        losses.append(float(calibrated(problem, logits).log_loss.sum()))
    best = int(np.argmin(losses))
    return replace(problem, penalty=PENALTIES[best]), losses[best]


def supervised(problem: Problem, _: Shares) -> Members:
    """Ω = none."""
    if len(problem.weights) == 1:
        return problem.supervised[None]
    return np.stack([descend(problem.labels_term(weights), problem.supervised) for weights in problem.weights])
