"""ActiveLab, cleanlab's estimate of the value of one more vote on an image that has a label.

Source: Goh & Mueller 2023, "ActiveLab: Active Learning with Re-Labeling by Multiple Annotators", arXiv:2301.11856.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

import numpy as np
from numpy.typing import NDArray


def vote_values(votes: NDArray[np.int64], held_out: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) what one more vote on each picture is worth, 0..1, higher is more.

    Args:
        votes: (N, A) the class id that each of A people chose, -1 where they did not; every row and column has one.
        held_out: (N, C) probabilities by models that did not see the picture's label.
    """
    from cleanlab.multiannotator import get_active_learning_scores

    said = np.where(votes < 0, np.nan, votes.astype(np.float64))
    with _quiet(), _repeatable():
        scores, _ = get_active_learning_scores(said, held_out.astype(np.float64))
    return np.asarray(1 - scores, dtype=np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without its advice to set a seed, and its caution where no consensus is for a class."""
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _repeatable() -> Iterator[None]:
    """A seeded block: ActiveLab breaks ties by numpy's global generator."""
    before = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(before)
