"""Stopping: whether another round is worth its cost, from the last rounds' gains and their models' changes.

A plateau is read from the paired gain on the evaluation pictures; stability from the agreement of successive models on
a stop set, pictures of the pool that nobody labelled (Bloodgood & Vijay-Shanker 2009, "A Method for Stopping Active
Learning Based on Stabilizing Predictions": about 2,000, and a kappa of at least 0.99). Neither alone stops a campaign:
a set may be too small to see a model move, and a model that gains nothing may still change its mind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray

from silverprint.core.evaluation import paired
from silverprint.core.evaluation.paired import Weights

Names = Shaped[NDArray[np.generic], " n"]
Verdict: TypeAlias = Literal["go on", "stop", "undecided", "look first"]

WINDOW: Final = 2  # rounds that must agree before it is said to stop
PLATEAU: Final = 0.01  # gain in accuracy: a round that surely gains less has reached the plateau
STABLE: Final = 0.99  # Cohen's kappa of successive models
STOP_SET: Final = 2000  # pictures


@dataclass(frozen=True)
class Stability:
    """How far two models predict the same of one stop set.

    Attributes:
        pictures: predicted by both, at least 1.
        agreement: share of them of which both say the same, 0..1.
        kappa: Cohen's, at most 1; 1 where they are the same.
    """

    pictures: int
    agreement: float
    kappa: float


@dataclass(frozen=True)
class Step:
    """The gain of a round's model over the one before it, both judged on the same evaluation pictures.

    Attributes:
        pictures: judged by both, at least 1.
        gain: accuracy after - accuracy before, -1..1, with `low` and `high`, its 95 % interval (paired.gain).
        stability: of the two on the pool; None where it is not known.
    """

    pictures: int
    gain: float
    low: float
    high: float
    stability: Stability | None


def stop_set(pool: Iterable[str]) -> list[str]:
    """At most STOP_SET of the image_ids, sorted: the smallest. As good as drawn by chance, for they are hashes, and the
    same from round to round but for what is labelled in between.
    """
    return sorted(pool)[:STOP_SET]


def step(
    labels: Names,
    before: Names,
    after: Names,
    stability: Stability | None,
    *,
    weights: Weights | None = None,
) -> Step:
    """The step between two models.

    Args:
        labels: (n,) what people say of the evaluation pictures by now, n at least 1.
        before: (n,) what the earlier model predicted of them.
        after: (n,) what the later one predicted.
        weights: (n,) for how many pictures each stands; None: all alike.
    """
    found = paired.gain(after == labels, before == labels, paired.weights_of(len(labels), weights))
    return Step(len(labels), *found, stability)


def stability(before: Names, after: Names) -> Stability | None:
    """Agreement of two models' predictions for the same n pictures, (n,) each; None where n is 0."""
    if not len(before):
        return None
    return Stability(len(before), float((before == after).mean()), cohens_kappa(before, after))


def cohens_kappa(one: Names, other: Names) -> float:
    """Agreement beyond chance of two raters, (n,) names each, n at least 1; 1 where both say one same thing only.

    Source: Cohen 1960, Educational and Psychological Measurement 20(1), 37-46.
    """
    names = np.unique(np.concatenate([one, other]))
    observed = float((one == other).mean())
    expected = float(sum((one == name).mean() * (other == name).mean() for name in names))
    return 1.0 if expected == 1.0 else (observed - expected) / (1 - expected)


def verdict(steps: Sequence[Step]) -> Verdict:
    """What the steps so far say, oldest first.

    `go on`: the last round gained beyond noise. `look first`: it lost beyond noise. `stop`: each of the last WINDOW
    rounds surely gained less than PLATEAU, and its model predicts as the one before. `undecided`: none of these.
    A round without a known stability is never a reason to stop.
    """
    if not steps:
        return "undecided"
    if steps[-1].low > 0:
        return "go on"
    if steps[-1].high < 0:
        return "look first"
    recent = steps[-WINDOW:]
    return "stop" if len(recent) == WINDOW and all(map(_stands_still, recent)) else "undecided"


def _stands_still(one: Step) -> bool:
    return one.high < PLATEAU and one.stability is not None and one.stability.kappa >= STABLE
