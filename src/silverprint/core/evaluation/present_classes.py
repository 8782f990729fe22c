"""Classes of a model from before a change, by what they are now: so that it can stand beside models from after it."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from silverprint.core.votes.class_changes import Change, meaning
from silverprint.records import EVALUATION, NONE_OF_THESE, conform


def present_names(classes: Sequence[str], changes: Sequence[Change]) -> tuple[str, ...]:
    """What each of `classes` is after `changes`; one that is several classes by now, or none, keeps its name, which no
    class has any more.
    """
    means = {name: meaning(name, changes) for name in classes}
    return tuple(found[0] if _is_one(found) else name for name, found in means.items())


def in_present_classes(rows: pl.DataFrame, classes: Sequence[str], changes: Sequence[Change]) -> pl.DataFrame:
    """EVALUATION by the classes after `changes`: classes that were merged are one. Pictures are left out whose label
    says nothing any more, because its class was split or retired.

    Args:
        rows: EVALUATION.
        classes: C names, in the order of its probabilities.

    Returns:
        EVALUATION; a probability for each of `unique_names`.
    """
    names = unique_names(classes, changes)
    column = [names.index(name) for name in present_names(classes, changes)]
    means = {name: meaning(name, changes) for name in rows["label"].unique()}
    label = {name: found[0] for name, found in means.items() if _is_one(found)}
    kept = rows.filter(pl.col("label").is_in(list(label))).with_columns(pl.col("label").replace(label))
    summed = np.zeros((kept.height, len(names)))
    for old, new in enumerate(column):
        summed[:, new] += kept["probabilities"].list.get(old).to_numpy()
    said = summed.argmax(axis=1)
    return conform(
        kept.with_columns(
            predicted=pl.Series([names[place] for place in said], dtype=pl.String),
            confidence=pl.Series(summed.max(axis=1, initial=0.0)),
            probabilities=pl.Series(summed.tolist(), dtype=pl.List(pl.Float64)),
        ),
        EVALUATION,
    )


def unique_names(classes: Sequence[str], changes: Sequence[Change]) -> list[str]:
    """`present_names`, each once."""
    return list(dict.fromkeys(present_names(classes, changes)))


def as_then(labels: pl.Series, classes: Sequence[str], changes: Sequence[Change]) -> pl.Series:
    """Labels after `changes` as one of `classes` that became it; others stay as they are."""
    names = present_names(classes, changes)
    return labels.replace(dict(zip(reversed(names), reversed(classes), strict=True)))


def _is_one(means: tuple[str, ...]) -> bool:
    return len(means) == 1 and means[0] != NONE_OF_THESE
