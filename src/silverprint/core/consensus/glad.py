"""GLAD: each annotator has an ability and each image a difficulty, found together with the labels.

Source: Whitehill et al. 2009, "Whose Vote Should Count More", NeurIPS 22; for several classes and with priors as in
crowd-kit 1.4 (ability and log of the ease each normal around 1), with which it agrees.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import log_expit, softmax

from silverprint.core.consensus.decision import most_likely
from silverprint.core.consensus.vote_arrays import Shares, VoteArrays

_ITERATIONS: Final = 100
_TOLERANCE: Final = 1e-5  # of the expected log-likelihood of a vote and class
_STEPS: Final = 25  # of the optimiser in one iteration


def decide(cast: VoteArrays) -> pl.DataFrame:
    """image_id, label, confidence: the likeliest class and its probability."""
    return most_likely(cast, posterior(cast))


def posterior(cast: VoteArrays) -> Shares:
    """(N, C) probabilities of the classes; those that nobody chose anywhere take no part."""
    seen, choice = np.unique(cast.choice, return_inverse=True)
    people, images = len(cast.annotators), len(cast.images)
    point = np.ones(people + images)
    before = -np.inf
    from scipy.optimize import minimize  # loads for long: not before something is fitted

    for _ in range(_ITERATIONS):
        known = _classes(cast, choice, len(seen), point)
        said = known[cast.image, choice]
        found = minimize(_misfit, point, (cast, said, len(seen)), "CG", jac=True, tol=1e-2, options={"maxiter": _STEPS})
        point = found.x
        gained = -found.fun / (len(choice) * len(seen))
        if gained - before < _TOLERANCE:
            break
        before = gained
    likely = np.zeros((images, len(cast.classes)))
    likely[:, seen] = known  # as of the last E step
    return likely


def _classes(cast: VoteArrays, choice: NDArray[np.int64], size: int, point: NDArray[np.float64]) -> Shares:
    """The E step: (N, size) probabilities under equal shares of the classes."""
    people = len(cast.annotators)
    strength = point[cast.annotator] * np.exp(point[people + cast.image])
    gain = log_expit(strength) - log_expit(-strength) + np.log(max(size - 1, 1))
    cells = cast.image * size + choice
    logs = np.bincount(cells, gain, len(cast.images) * size).reshape(-1, size)
    return np.asarray(softmax(logs, axis=1))


def _misfit(
    point: NDArray[np.float64], cast: VoteArrays, said: NDArray[np.float64], size: int
) -> tuple[float, NDArray[np.float64]]:
    """The M step's function: minus the expected log-likelihood with its priors, and the gradient.

    Args:
        point: (A + N,) abilities, then logs of the ease.
        said: (V,) probability of the class that the vote names.
    """
    people, images = len(cast.annotators), len(cast.images)
    ability, ease = point[cast.annotator], np.exp(point[people + cast.image])
    strength = ability * ease
    wrong = log_expit(-strength) - np.log(max(size - 1, 1))
    value = (said * log_expit(strength) + (1 - said) * wrong).sum() - ((point - 1) ** 2).sum() / 2
    slope = said - np.exp(log_expit(strength))
    by_person = np.bincount(cast.annotator, slope * ease, people)
    by_image = np.bincount(cast.image, slope * strength, images)
    return -float(value), (point - 1) - np.concatenate([by_person, by_image])
