"""Anchoring: how often people answer as the model does because the page told them, by pictures whose prediction was
hidden by chance.

A picture's votes are not independent, so that a picture counts once, with the mean of its votes.
"""

from dataclasses import dataclass
from math import exp, sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.special import stdtrit

from silverprint.core.evaluation.intervals import wilson
from silverprint.core.queue import roles

FEWEST: Final = 2  # pictures of each kind, below which nothing is said
_DIGITS: Final = 6


@dataclass(frozen=True)
class Estimate:
    """A figure of the pictures whose prediction was shown and of the others, and how they differ.

    Attributes:
        shown, hidden: the means over pictures.
        effect, low, high: the difference, or for seconds the ratio, of shown to hidden, with its 95 % interval.
    """

    shown: float
    hidden: float
    effect: float
    low: float
    high: float

    def rounded(self) -> dict[str, float]:
        return {name: round(value, _DIGITS) for name, value in vars(self).items()}


def figures(queue: pl.DataFrame, votes: pl.DataFrame, known: pl.DataFrame) -> dict[str, Any] | None:
    """What showing the prediction did in a round; None unless it was shown for some of the pictures for which it may be
    shown, and hidden for others.

    A vote counts as shown where its own page pre-set the prediction: a picture that is asked again has nothing pre-set.

    Args:
        queue: QUEUE of the round.
        votes: VOTES of the round that stand; an abstention is an answer that does not follow the prediction.
        known: image_id, label of gold pictures.

    Returns:
        pictures_shown, pictures_hidden; acceptance (the answer is the prediction, shown or not, 0..1), accuracy (the
        answer is the gold label, or elsewhere what most of the others said, 0..1), seconds (of a vote, geometric
        mean): each an `Estimate`, or null where there are fewer than FEWEST pictures of a kind.
    """
    may = queue.filter(roles.may_be_prompted()).select("image_id", "predicted", "show_prediction")
    rows = votes.join(may, on="image_id").filter(pl.col("show_prediction") == pl.col("shown_prediction").is_not_null())
    if rows["show_prediction"].n_unique() < 2:
        return None
    right = pl.col("choice") == pl.col("truth")
    rows = rows.join(_truths(votes, known), on=["image_id", "annotator"], how="left").with_columns(
        accepted=(pl.col("choice") == pl.col("predicted")).cast(pl.Float64),
        right=pl.when(pl.col("truth").is_not_null()).then(right.cast(pl.Float64)),
        log_seconds=pl.when(pl.col("lead_time_s") > 0).then(pl.col("lead_time_s").log()),
    )
    by_picture = rows.group_by("image_id", "show_prediction").agg(pl.col("accepted", "right", "log_seconds").mean())
    shown, hidden = (by_picture.filter(show_prediction=kind) for kind in (True, False))
    estimates = {
        "acceptance": _difference(shown["accepted"], hidden["accepted"]),
        "accuracy": _difference(shown["right"], hidden["right"]),
        "seconds": _ratio(shown["log_seconds"], hidden["log_seconds"]),
    }
    told = {name: None if found is None else found.rounded() for name, found in estimates.items()}
    return {"pictures_shown": shown.height, "pictures_hidden": hidden.height, **told}


def _truths(votes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """image_id, annotator, truth: the gold label, else the answer of more than half of the others; null without one."""
    cast = votes.filter(status="valid").select("image_id", "annotator", "choice")
    others = votes.select("image_id", "annotator").join(cast, on="image_id", suffix="_other")
    others = others.filter(pl.col("annotator") != pl.col("annotator_other"))
    counted = others.group_by("image_id", "annotator", "choice").len()
    most = counted.filter(2 * pl.col("len") > pl.col("len").sum().over("image_id", "annotator"))
    told = votes.select("image_id", "annotator").join(
        most.select("image_id", "annotator", said="choice"), on=["image_id", "annotator"], how="left"
    )
    told = told.join(known.select("image_id", "label"), on="image_id", how="left")
    return told.select("image_id", "annotator", truth=pl.coalesce("label", "said"))


def _difference(shown: pl.Series, hidden: pl.Series) -> Estimate | None:
    """Shares of pictures, each 0..1. Where a picture's share is a mean of votes the interval is wider than it need be.

    Source: Newcombe 1998, Statistics in Medicine 17(8), 873-890, method 10.
    """
    shown, hidden = shown.drop_nulls(), hidden.drop_nulls()
    if min(len(shown), len(hidden)) < FEWEST:
        return None
    here, there = float(shown.to_numpy().mean()), float(hidden.to_numpy().mean())
    low_here, high_here = wilson(float(shown.sum()), len(shown))
    low_there, high_there = wilson(float(hidden.sum()), len(hidden))
    low = here - there - sqrt((here - low_here) ** 2 + (high_there - there) ** 2)
    high = here - there + sqrt((high_here - here) ** 2 + (there - low_there) ** 2)
    return Estimate(here, there, here - there, low, high)


def _ratio(shown: pl.Series, hidden: pl.Series) -> Estimate | None:
    """Positive figures of pictures, given as logarithms; the interval is that of Welch's t-test.

    Source: Welch 1947, Biometrika 34(1/2), 28-35.
    """
    ours, theirs = (one.drop_nulls().to_numpy() for one in (shown, hidden))
    if min(len(ours), len(theirs)) < FEWEST:
        return None
    parts = np.array([ours.var(ddof=1) / len(ours), theirs.var(ddof=1) / len(theirs)])
    between = float(ours.mean() - theirs.mean())
    degrees = parts.sum() ** 2 / (parts**2 / [len(ours) - 1, len(theirs) - 1]).sum() if parts.any() else 1.0
    half = float(stdtrit(degrees, 0.975) * np.sqrt(parts.sum()))
    return Estimate(exp(ours.mean()), exp(theirs.mean()), exp(between), exp(between - half), exp(between + half))
