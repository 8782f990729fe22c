"""Belief in brought labels: how likely each is right, by models that did not learn from it and by what people said."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.label_errors.held_out import LEARNT, chosen_view, fold_logits
from silverprint.core.label_errors.noise_matrix import chosen_noise, posterior
from silverprint.core.semisupervised import FEWEST, MOST, WORK, Doubtful
from silverprint.core.semisupervised.features import Kernel
from silverprint.core.semisupervised.request import checked
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Logits, Losses, Rows

Teaches = Bool[NDArray[np.bool_], " n"]
Told = Float[NDArray[np.floating], "s c c"]
Sources = Int[NDArray[np.integer], " n"]

KEPT: Final = "kept"  # each label as it is, weighed by the probability that it is right
RELABELLED: Final = "relabelled"  # each picture as what it most likely is, in shares
PASSES: Final = 2  # the second learns from what the first found likely: errors that follow the classes teach less then


@dataclass(frozen=True)
class Brought:
    """What sources say of N pictures, one source of each.

    Attributes:
        rows: (N, D) features.
        labels: (N,) class ids.
        sources: (N,) the number of the source, 0..S-1.
        teaches: (N,) whether the label may be learnt from; others are judged as if they were among these.
    """

    rows: Rows
    labels: ClassIds
    sources: Sources
    teaches: Teaches


@dataclass(frozen=True)
class Belief:
    """What is thought of N brought labels.

    Attributes:
        classes: (N, C) what the picture is; the label itself counts as one more witness.
        view: how features are seen, and `penalty` the weight decay, with which such labels are best predicted.
    """

    brought: Brought
    classes: Distributions
    view: Literal["plain", "kernel"]
    penalty: float

    @cached_property
    def right(self) -> Losses:
        """(N,) the probability that the label is right, 0..1."""
        return np.asarray(self.classes[np.arange(len(self.classes)), self.brought.labels])

    def taught(self, seed: int) -> NDArray[np.int64]:
        """(n,) places of the labels that are learnt from: those that may teach, and of very many a draw."""
        at = np.flatnonzero(self.brought.teaches)
        most = min(MOST, max(FEWEST, WORK // (self.brought.rows.shape[1] * self.classes.shape[1])))
        return np.sort(np.random.default_rng([seed, 6]).permutation(at)[:most])

    def ways(self, seed: int) -> list[Doubtful]:
        """The ways in which these may be learnt from."""
        at = self.taught(seed)
        rows, own = self.brought.rows[at], np.eye(self.classes.shape[1])[self.brought.labels[at]]
        return [
            Doubtful(KEPT, rows, own, self.right[at], self.view, self.penalty),
            Doubtful(RELABELLED, rows, self.classes[at], np.ones(len(at)), self.view, self.penalty),
        ]


@one_blas_thread
def believe(brought: Brought, *, told: Told, classes: int, seed: int) -> Belief:
    """What each picture is, in probabilities: by cross-fitted heads, a noise matrix for each source, and Bayes' rule.

    As `core.label_errors` does, with the counts that people add. The heads learn from brought labels alone: people's
    labels are to judge what these teach. Labels that may not teach are judged by the head of one of the folds, so that
    their figures compare with those of labels that may.

    Args:
        brought: at least one label of each source teaches.
        told: (S, C, C) for each source counts of (what people say, what it says) of pictures that are learnt from.
        classes: C.
        seed: of the folds and draws.

    Raises:
        DataError: a shape or a range is wrong, or a figure is not finite.
    """
    request = checked(brought.rows, brought.labels, brought.rows[:0], classes, None, seed)
    drawn = np.random.default_rng([seed, 4]).permutation(np.flatnonzero(brought.teaches))[:LEARNT]
    view, penalty = chosen_view(request, drawn)
    places = np.sort(drawn)
    likely: Distributions = np.eye(classes)[request.labels]
    for _ in range(PASSES):
        logits = fold_logits(request, places, likely[places], view, penalty)
        likely = _likely(logits, brought, np.asarray(told, dtype=np.float64), seed)
    return Belief(brought, likely, "kernel" if isinstance(view, Kernel) else "plain", penalty)


def _likely(logits: Logits, brought: Brought, told: Told, seed: int) -> Distributions:
    """(N, C) what each picture is, by Bayes' rule with the noise of its source."""
    likely = np.zeros(logits.shape)
    for source in np.unique(brought.sources):
        mine = brought.sources == source
        taught = mine & brought.teaches
        noise = chosen_noise(logits[taught], brought.labels[taught], seed, told[source])
        likely[mine] = posterior(logits[mine], brought.labels[mine], noise)
    return likely
