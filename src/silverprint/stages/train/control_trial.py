"""Control trial of a round: what its strategy's pictures taught, against as many random ones."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.campaign import ledgers
from silverprint.core.evaluation.strategy_gain import gain, trials
from silverprint.core.evaluation.weighted import Weights
from silverprint.core.queue.reasons import INCLUDED
from silverprint.stages.train.lesson import Lesson


def control_trial(
    round_name: str,
    training: pl.DataFrame,
    lesson: Lesson,
    judged: NDArray[np.float32],
    truth: NDArray[np.int64],
    weights: Weights | None,
    *,
    classes: int,
    seed: int,
) -> dict[str, Any] | None:
    """Accuracy with k chosen labels and with k random ones, the gain with its interval, and what k can show; None where
    there is nothing to compare, or to judge by.

    The models of both kinds learn from labels alone: there are a hundred of them, and so they take seconds.

    Args:
        training: rows of LABELS, those of the lesson.
        judged: (n, D) features of the evaluation pictures.
        truth: (n,) their class ids.
        weights: (n,) for how many pictures each of them stands; None: all alike.
        classes: C.
    """
    from silverprint.model.learning import train_members

    found = trials(training, round_name, _by_strategy(round_name), seed=seed)
    if found is None or not len(truth):
        return None
    head = train_members(lesson.lens(lesson.rows), lesson.unheard, found.weights, classes=classes)
    right = head.predict(lesson.lens(judged)).argmax(axis=2) == truth
    measured = gain(found, right, pictures_stand_for=weights)
    figures = {
        "chosen": measured.chosen,
        "random": measured.random,
        "gain": measured.gain,
        "gain_low": measured.low,
        "gain_high": measured.high,
        "gain_detectable": measured.detectable,
    }
    return {"k": measured.k, **{name: round(figure, 6) for name, figure in figures.items()}}


def _by_strategy(round_name: str) -> list[str]:
    queue = ledgers.queue(round_name)
    return queue.filter((pl.col("role") == "train") & (pl.col("strategy") != INCLUDED))["image_id"].to_list()
