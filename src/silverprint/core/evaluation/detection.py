"""Detection: how well chances tell the pictures that have something from those that do not."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Chances = Float[NDArray[np.floating], " n"]
Truth = Bool[NDArray[np.bool_], " n"]

_DIGITS = 4


def detection(chances: Chances, truth: Truth) -> dict[str, Any]:
    """
    Args:
        chances: (n,) 0..1, of predictions held out.
        truth: (n,); it has both values.

    Returns:
        auc, the chance that a picture that has it is ranked above one that has not (Mann & Whitney 1947; ties count
        half), 0..1, 0.5 by luck; recall and precision of "more likely than not"; no precision where nothing is.
    """
    from scipy.stats import rankdata  # loads for half a second: not before a figure needs it

    positives, found = int(truth.sum()), chances > 0.5
    above = rankdata(chances)[truth].sum() - positives * (positives + 1) / 2
    figures = {"auc": above / (positives * (len(truth) - positives)), "recall": found[truth].mean()}
    if found.any():
        figures["precision"] = truth[found].mean()
    return {name: round(float(value), _DIGITS) for name, value in figures.items()}
