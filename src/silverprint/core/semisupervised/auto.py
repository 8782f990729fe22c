"""Choice of Ω, of its target and of how the features are seen, by the labels at hand.

Candidates stand in the order of belief. A later one is taken only if its Brier score on labels held out is less than
that of the one taken so far by more than two standard errors of the paired difference. So with twenty labels the
belief decides, with hundreds the labels do; and where they cannot tell, little is at stake.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple, cast

import numpy as np

from silverprint.core.semisupervised import entropy, graph
from silverprint.core.semisupervised.head import (
    Judged,
    Learner,
    Problem,
    calibrated,
    held_out_logits,
    supervised,
    tuned,
)
from silverprint.core.semisupervised.shapes import Losses, Shares
from silverprint.core.semisupervised.shares import evened

VIEW_HANDICAP: Final = 3.0  # nats, of every view but the first
TRIED: Final = 1_000  # rows of the pool in a trial: they rank the candidates as the whole pool does

_ALIKE: Final = 0.02  # targets that differ by no more in any class are one


class Choice(NamedTuple):
    view: str
    problem: Problem  # its penalty tuned
    omega: str
    learn: Learner
    target: Shares
    held_out: Judged
    tried: tuple[tuple[str, float], ...] = ()  # what was compared, with the mean Brier score


class Candidate(NamedTuple):
    omega: str
    shares: str  # what its target is called
    learn: Learner
    target: Shares


def choose(views: dict[str, Problem], shares: Shares) -> Choice:
    """The view in which the labels alone predict those held out best; and in it, the candidate that does.

    Args:
        shares: of the classes in the pool, known or estimated.
    """
    judged = {name: tuned(problem) for name, problem in views.items()}
    first = next(iter(views))
    view = min(judged, key=lambda name: judged[name][1] + (0.0 if name == first else VIEW_HANDICAP))
    problem = judged[view][0]
    small = replace(problem.single, pool=problem.pool[:TRIED])
    chosen, tried = None, []
    for one in candidates(shares):
        held_out = judged_unseen(small, one.learn, one.target)
        tried.append(
            (f"{one.omega} {one.shares}".strip(), float(held_out.brier.mean()) if len(held_out.brier) else 0.0)
        )
        if chosen is None or surely_less(held_out.brier, chosen.held_out.brier):
            chosen = Choice(view, problem, one.omega, one.learn, one.target, held_out)
    best = cast(Choice, chosen)
    if len(problem.weights) > 1:  # the temperature of several members is one of their mean
        best = best._replace(held_out=judged_unseen(replace(problem, pool=small.pool), best.learn, best.target))
    return best._replace(tried=tuple(tried))


def judged_unseen(problem: Problem, learn: Learner, target: Shares) -> Judged:
    """What members say of labels that they did not see."""
    return calibrated(problem, held_out_logits(problem, learn, target))


def surely_less(losses: Losses, others: Losses) -> bool:
    """Whether the sum of paired losses is less by more than two standard errors; never of fewer than two."""
    gains = others - losses
    return len(gains) > 1 and float(gains.sum()) > 2 * float(gains.std(ddof=1)) * len(gains) ** 0.5


def candidates(shares: Shares) -> Iterator[Candidate]:
    """Those that are tried. Equal shares come first even where the classes' shares are known to differ.

    A head of few labels predicts the rare classes too rarely, and equal shares correct that; where they are too far
    off, the labels held out say so.
    """
    equal, halfway = evened(shares, 0.0), evened(shares, 0.5)
    yield Candidate("graph", "equal", graph.learn, equal)
    if np.abs(equal - halfway).max() > _ALIKE:
        yield Candidate("graph", "halfway", graph.learn, halfway)
    yield Candidate("entropy", "halfway", entropy.learn, halfway)
    yield Candidate("none", "", supervised, shares)
