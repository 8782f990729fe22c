"""Choice of Ω, of its target and of how the features are seen, by the labels at hand.

The evidence for a candidate is how likely it makes labels that were held out: their summed log loss, each candidate at
its own temperature. A few labels say little. So a candidate starts with a handicap in nats, what was believed of it
before any label: with twenty labels the belief decides, with hundreds the labels do.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from silverprint.core.semisupervised import entropy, graph
from silverprint.core.semisupervised.head import Learner, Problem, calibrated, held_out_logits, supervised, tuned
from silverprint.core.semisupervised.shapes import Shares
from silverprint.core.semisupervised.shares import evened

VIEW_HANDICAP: Final = 3.0  # nats, of every view but the first
TRIED: Final = 1_000  # rows of the pool in a trial: they rank the candidates as the whole pool does

_ALIKE: Final = 0.02  # targets that differ by no more in any class are one


class Choice(NamedTuple):
    view: str
    problem: Problem  # its penalty tuned
    omega: str
    target: Shares
    temperature: float


class Candidate(NamedTuple):
    omega: str
    learn: Learner
    target: Shares
    handicap: float  # nats


def choose(views: dict[str, Problem], shares: Shares) -> Choice:
    """The view in which the labels alone predict those held out best; and in it, the candidate that does.

    Args:
        shares: of the classes in the pool, known or estimated.
    """
    judged = {name: tuned(problem) for name, problem in views.items()}
    first = next(iter(views))
    view = min(judged, key=lambda name: judged[name][1] + (0.0 if name == first else VIEW_HANDICAP))
    problem = judged[view][0]
    small = replace(problem, pool=problem.pool[:TRIED])
    found: list[tuple[float, Choice]] = []
    for one in candidates(shares):
        warmth, losses = calibrated(held_out_logits(small, one.learn, one.target), small.labels)
        found.append((float(losses.sum()) + one.handicap, Choice(view, problem, one.omega, one.target, warmth)))
    return min(found, key=lambda pair: pair[0])[1]


def candidates(shares: Shares) -> Iterator[Candidate]:
    """Those that are tried. Equal shares come first even where the classes' shares are known to differ.

    A head of few labels predicts the rare classes too rarely, and equal shares correct that; where they are too far
    off, the labels held out say so.
    """
    equal, halfway = evened(shares, 0.0), evened(shares, 0.5)
    yield Candidate("graph", graph.learn, equal, 0.0)
    if np.abs(equal - halfway).max() > _ALIKE:
        yield Candidate("graph", graph.learn, halfway, 0.0)
    yield Candidate("entropy", entropy.learn, halfway, 1.0)
    yield Candidate("none", supervised, shares, 3.0)
