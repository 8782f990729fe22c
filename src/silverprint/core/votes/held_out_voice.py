"""Held-out voice: what a head says of each labelled picture that learnt from the labels of the others."""

import numpy as np
from scipy.special import softmax

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.evaluation.calibration import temperature
from silverprint.core.label_errors.held_out import held_out_logits
from silverprint.core.semisupervised.request import checked
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Rows


@one_blas_thread
def held_out_voice(
    rows: Rows,
    labels: ClassIds,
    targets: Distributions,
    *,
    seed: int,
) -> Distributions:
    """(L, C), a distribution over the classes for each picture, at the temperature under which `labels` are likeliest.

    People who make the same mistakes cannot be told by their votes alone; pictures that look alike can tell them. So
    such predictions are one more voice for the consensus, believed as far as votes bear it out. Source: Goh, Tkachenko
    & Mueller 2022 (CROWDLAB, arXiv:2210.06812), who weigh a classifier trained out of fold with the annotators.

    Args:
        rows: (L, D) features, blocks weighed as they are to count.
        labels: (L,) class ids, 0..C-1, of two classes or more.
        targets: (L, C) how likely each class is; what the heads learn.
        seed: of the folds.

    Raises:
        DataError: a shape or a range is wrong, or a figure is not finite.
    """
    none = np.asarray(rows)[:0]
    logits = held_out_logits(checked(rows, labels, none, targets.shape[1], None, seed, targets))
    warmth = temperature(logits[None], np.asarray(labels))
    return np.asarray(softmax(logits / warmth, axis=1))
