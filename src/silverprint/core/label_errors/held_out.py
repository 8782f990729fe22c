"""Logits of pictures by heads that did not learn from their labels."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.evaluation.resampling import stratified_folds
from silverprint.core.semisupervised.features import CHUNK, Kernel, Plain, View, in_chunks, with_constant
from silverprint.core.semisupervised.head import Problem, descend, supervised_term, tuned
from silverprint.core.semisupervised.request import Request
from silverprint.core.semisupervised.shapes import Distributions, Logits, Rows, Weight

FOLDS: Final = 5
LEARNT: Final = 20_000  # labels that the heads learn from, at most
TRIED: Final = 1_000  # labels by which the view and the penalty are chosen


def held_out_logits(request: Request) -> Logits:
    """(N, C). Of more than LEARNT labels a draw is learnt from; the other pictures are judged by a head of the draw."""
    drawn = np.random.default_rng([request.seed, 4]).permutation(len(request.labels))[:LEARNT]
    view, penalty = chosen_view(request, drawn)
    chosen = np.zeros(len(request.labels), dtype=np.bool_)
    chosen[drawn] = True
    seen = with_constant(in_chunks(request.rows[chosen], view))
    problem = _problem(request, seen, chosen, penalty)
    logits = np.zeros((len(chosen), request.classes))
    logits[chosen] = _cross_fitted(problem)
    if not chosen.all():
        weight = problem.supervised
        logits[~chosen] = in_chunks(request.rows[~chosen], lambda part: _judged(view(part), weight))
    return logits


def fold_logits(
    request: Request, learnt: NDArray[np.int64], targets: Distributions, view: View, penalty: float
) -> Logits:
    """(N, C). Every picture has a fold and is judged by the head of the other folds, whether its own label, at a place
    in `learnt`, teaches or not: so figures of both kinds compare.

    Args:
        targets: (n, C) what is learnt of the pictures at `learnt`.
    """
    folds = min(FOLDS, len(learnt))
    fold = np.random.default_rng([request.seed, 5]).integers(0, folds, len(request.labels))
    fold[learnt] = stratified_folds(request.labels[learnt], folds, request.seed)
    seen = with_constant(in_chunks(request.rows[learnt], view))
    weight: Weight = np.zeros((seen.shape[1], request.classes))
    heads = []
    for number in range(folds):
        others = fold[learnt] != number
        if others.any():  # each starts where the last one ended
            weight = descend(supervised_term(seen[others], targets[others], penalty), weight)
        heads.append(weight)
    side_by_side = np.concatenate(heads, axis=1)
    logits = np.empty((len(fold), request.classes))
    for start in range(0, len(fold), CHUNK):
        here = slice(start, start + CHUNK)
        judged = _judged(view(request.rows[here]), side_by_side).reshape(-1, folds, request.classes)
        logits[here] = judged[np.arange(len(judged)), fold[here]]
    return logits


def _problem(request: Request, seen: Rows, chosen: NDArray[np.bool_] | NDArray[np.int64], penalty: float) -> Problem:
    """Of the chosen labels alone, all alike."""
    labels, targets = request.labels[chosen], request.targets[chosen]
    alike = np.ones((1, len(labels)))
    return Problem(seen, labels, targets, seen[:0], request.classes, penalty, request.seed, alike)


def _judged(seen: Rows, weight: Weight) -> NDArray[np.float32]:
    return np.asarray(with_constant(seen) @ weight, dtype=np.float32)


def _cross_fitted(problem: Problem) -> Logits:
    """Each row by a head of the other folds; a row that is alone is judged alike in all classes."""
    fold = stratified_folds(problem.labels, min(FOLDS, len(problem.labels)), problem.seed)
    logits = np.zeros((len(fold), problem.classes))
    for number in np.unique(fold):
        held: NDArray[np.bool_] = fold == number
        if not held.all():
            logits[held] = problem.rows[held] @ problem.part(~held).supervised
    return logits


def chosen_view(request: Request, drawn: NDArray[np.int64]) -> tuple[View, float]:
    """How features are seen and how strong the penalty is: what makes labels held out most likely.

    Args:
        drawn: places of labels, in an order of chance, by the first of which that is judged.
    """
    few = np.sort(drawn[:TRIED])
    sample: Rows = request.rows[few]
    plain = Plain.of(sample)
    views: list[View] = [plain, Kernel.of(plain, sample, request.seed)]
    found = []
    for view in views:
        seen = with_constant(in_chunks(sample, view))
        best, loss = tuned(_problem(request, seen, few, 0.0))
        found.append((loss, best.penalty))
    at = int(np.argmin([loss for loss, _ in found]))
    return views[at], found[at][1]
