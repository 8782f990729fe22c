"""Runs of one answer: somebody who does not look says the same many times in a row, more often than chance allows."""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Codes = Int[NDArray[np.integer], " n"]

_ENOUGH: Final = 10  # draws with a run as long, after which the chance is known well enough


class Run(NamedTuple):
    """The longest run of one answer: its length, and the place of its first answer."""

    length: int
    start: int


def longest(answers: Codes) -> Run:
    """The longest run in (n,) answers, the first of several; of length 0 where there is no answer."""
    if not len(answers):
        return Run(0, 0)
    starts = np.flatnonzero(np.concatenate([[True], answers[1:] != answers[:-1]]))
    lengths = np.diff(np.append(starts, len(answers)))
    place = int(lengths.argmax())
    return Run(int(lengths[place]), int(starts[place]))


def chance(answers: Codes, strata: Codes, *, seed: int, draws: int) -> float:
    """How probable a longest run as long as this is where the answers of each stratum came in any order, above 0 to 1.

    Images that one guess of a model brought together may well have one answer, whence the strata. A test by
    permutation: below a level L it is by chance in at most a share L of cases. It ends early where runs as long are
    common (Besag & Clifford 1991, Biometrika 78(2), 301-304).

    Args:
        answers: (n,) in the order in which they were given.
        strata: (n,) of the images.
        draws: permutations, at most; the chance is never below 1 / (draws + 1).
    """
    observed = longest(answers).length
    places = np.argsort(strata, kind="stable")
    rng = np.random.default_rng(seed)
    as_long = 0
    for done in range(1, draws + 1):
        drawn = np.empty_like(answers)
        drawn[places] = answers[np.lexsort((rng.random(len(answers)), strata))]
        as_long += longest(drawn).length >= observed
        if as_long == _ENOUGH:
            return as_long / done
    return (as_long + 1) / (draws + 1)
