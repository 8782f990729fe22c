"""Label errors: which of the labels that came with the pictures are most likely wrong, and what is right instead.

Models that did not see a label say what they think of its picture (`held_out`). A matrix of how labels go wrong, learnt
from all of them, says what the label itself is worth (`noise_matrix`). Bayes' rule joins the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.label_errors.held_out import held_out_logits
from silverprint.core.label_errors.noise_matrix import Matrix, chosen_noise, posterior
from silverprint.core.semisupervised.request import checked
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Losses, Rows


@dataclass(frozen=True)
class LabelErrors:
    """What is thought of N labels.

    Attributes:
        wrong: (N,) probability that the label is not the picture's class, 0..1: an order in which to ask people. Its
            sum is no count of the errors; a random audit counts them.
        classes: (N, C) what the class is; the label itself counts as one more witness.
        noise: row y: the shares in which pictures of class y were labelled.
    """

    wrong: Losses
    classes: Distributions
    noise: Matrix


@one_blas_thread
def find_label_errors(rows: Rows, labels: ClassIds, *, classes: int | Sequence[str], seed: int) -> LabelErrors:
    """The probability for each label that it is wrong.

    The same input and seed give the same answer. Nothing is assumed of the errors but that, given the class, a label
    does not depend on the picture any further: errors may be spread evenly or follow the classes.

    Args:
        rows: (N, D) features of the pictures, of any scale; blocks weighed as they are to count.
        labels: (N,) class ids 0..C-1, some of them wrong.
        classes: C, or the names.
        seed: of the folds and draws.

    Raises:
        DataError: a shape or a range is wrong, or a figure is not finite.
    """
    request = checked(rows, labels, np.zeros((0, np.shape(rows)[-1] if np.ndim(rows) else 1)), classes, None, seed)
    logits = held_out_logits(request)
    noise = chosen_noise(logits, request.labels, seed)
    likely = posterior(logits, request.labels, noise)
    return LabelErrors(1 - likely[np.arange(len(likely)), request.labels], likely, noise.matrix)
