"""Whether another round is worth its cost: what the last rounds gained, and how much their models still change.

A plateau is read from the paired gain on the evaluation pictures; stability from the agreement of successive models
(Bloodgood & Vijay-Shanker 2009, "A Method for Stopping Active Learning Based on Stabilizing Predictions": a kappa of at
least 0.99). Neither alone stops a campaign: a set may be too small to see a model move, and a model that gains nothing
may still change its mind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray

from silverprint.core.intervals import paired_gain

Names = Shaped[NDArray[np.generic], " n"]
Verdict: TypeAlias = Literal["go on", "stop", "undecided", "look first"]

WINDOW: Final = 2  # rounds that must agree before it is said to stop
PLATEAU: Final = 0.01  # of accuracy: a round that surely gains less has reached the plateau
STABLE: Final = 0.99  # Cohen's kappa of successive models


@dataclass(frozen=True)
class Step:
    """What a round's model brought over the one before it, both judged on the same evaluation pictures.

    Attributes:
        pictures: judged by both, at least 1.
        gain: accuracy after - accuracy before, -1..1, with `low` and `high`, its 95 % interval (paired bootstrap).
        kappa: Cohen's, of the two models' predictions, at most 1; 1 where they are the same.
    """

    pictures: int
    gain: float
    low: float
    high: float
    kappa: float


def step(labels: Names, before: Names, after: Names, *, seed: int) -> Step:
    """The step between two models.

    Args:
        labels: (n,) what people say of the evaluation pictures by now, n at least 1.
        before: (n,) what the earlier model predicted of them.
        after: (n,) what the later one predicted.
    """
    gain, low, high = paired_gain((after == labels)[None], (before == labels)[None], seed=seed)
    return Step(len(labels), gain, low, high, cohens_kappa(before, after))


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
    """
    if not steps:
        return "undecided"
    if steps[-1].low > 0:
        return "go on"
    if steps[-1].high < 0:
        return "look first"
    recent = steps[-WINDOW:]
    done = len(recent) == WINDOW and all(one.high < PLATEAU and one.kappa >= STABLE for one in recent)
    return "stop" if done else "undecided"
