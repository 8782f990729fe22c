"""Held-out voice: what a head says of each labelled picture that learnt from the labels of the others."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.evaluation.calibration import temperature
from silverprint.core.evaluation.targets import believed
from silverprint.core.label_errors.held_out import held_out_logits
from silverprint.core.semisupervised.request import checked
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Rows
from silverprint.core.splits import JUDGING, TRAINABLE

_FEWEST: Final = 2  # labels of each class on average, below which nothing can be learnt and held out


def teachers(labels: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """The rows from which heads may learn, sorted by image_id; none where they are too few.

    Args:
        labels: image_id, role, label, confidence, distribution, as people and imports alone make them.
    """
    rows = labels.filter(pl.col("role").is_in(TRAINABLE) & pl.col("label").is_in(list(classes))).sort("image_id")
    enough = rows["label"].n_unique() > 1 and rows.height >= _FEWEST * len(classes)
    return rows if enough else rows.clear()


def class_ids(rows: pl.DataFrame, classes: Sequence[str]) -> NDArray[np.int64]:
    """(L,) of each row's label."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place[name] for name in rows["label"]], dtype=np.int64)


def voices(rows: pl.DataFrame, seen: Rows, classes: Sequence[str], *, seed: int) -> dict[str, NDArray[np.float64]]:
    """image_id -> (C,), `held_out_voice` about each of the rows that judges nothing.

    Args:
        rows: from `teachers`.
        seen: (L, D) their features.
    """
    told = held_out_voice(seen, class_ids(rows, classes), believed(rows, tuple(classes)), seed=seed)
    said = zip(rows.select("image_id", "role").iter_rows(), told, strict=True)
    return {name: row for (name, role), row in said if role not in JUDGING}


def joined(known: Mapping[str, ArrayLike], more: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Both kinds of voices; where both speak about a picture, their mean."""
    both = {name: (np.asarray(known[name]) + row) / 2 for name, row in more.items() if name in known}
    return {name: np.asarray(row) for name, row in known.items()} | dict(more) | both


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
