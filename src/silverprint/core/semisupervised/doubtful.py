"""Doubtful labels: those that are not surely right, such as a source brought; taken where they help with the others.

What they are worth is not assumed. Each way to take them is judged by the labels held out, as `auto` judges every Ω,
and the labels alone stay where none does better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from silverprint.core.semisupervised.auto import TRIED, Choice, judged_unseen
from silverprint.core.semisupervised.features import View, in_chunks, with_constant
from silverprint.core.semisupervised.head import Aims, Problem, supervised
from silverprint.core.semisupervised.shapes import Distributions, Rows, RowWeights


@dataclass(frozen=True)
class Doubtful:
    """One way to take n doubtful labels.

    Attributes:
        name: what the way is called.
        rows: (n, D) features, as those of the labels; no row of these.
        targets: (n, C) the classes' probabilities that are learnt.
        weights: (n,) what each counts next to a label, 0 or more.
        view: how features are seen, and `penalty` the weight decay, with which such labels are best predicted.
    """

    name: str
    rows: Rows
    targets: Distributions
    weights: RowWeights
    view: Literal["plain", "kernel"]
    penalty: float


class Trial(NamedTuple):
    choice: Choice
    way: str  # name of what is taken; empty for the labels alone


def improved(
    alone: Choice, problems: Mapping[str, Problem], views: Mapping[str, View], ways: Sequence[Doubtful]
) -> Trial:
    """The choice of the least Brier score on labels held out: `alone`, a way without Ω, or the best way with its Ω.

    Where no label can be judged, nothing speaks for a doubtful one.

    Args:
        alone: what the labels alone chose.
        problems: of each view, and `views` themselves.
        ways: one or more.
    """
    if not len(alone.held_out.brier):
        return Trial(alone, "")
    trials = [Trial(alone, "")]
    for way in ways:
        aims = Aims(with_constant(in_chunks(way.rows, views[way.view])), way.targets, way.weights)
        problem = replace(problems[way.view], penalty=way.penalty, aims=aims)
        choice = alone._replace(view=way.view, problem=problem, omega="none", learn=supervised)
        trials.append(Trial(_judged(choice, single=True), way.name))
    if alone.omega != "none":
        best = min(trials[1:], key=_loss)
        with_omega = best.choice._replace(omega=alone.omega, learn=alone.learn)
        trials.append(Trial(_judged(with_omega, single=True), best.way))
    tried = [(f"{trial.choice.omega} + {trial.way}", _loss(trial)) for trial in trials[1:]]
    chosen = min(trials, key=_loss)
    choice = chosen.choice
    if chosen.way and len(choice.problem.weights) > 1:  # the temperature of several members is one of their mean
        choice = _judged(choice, single=False)
    return Trial(choice._replace(tried=(*alone.tried, *tried)), chosen.way)


def _judged(choice: Choice, *, single: bool) -> Choice:
    few = replace(choice.problem, pool=choice.problem.pool[:TRIED])
    return choice._replace(held_out=judged_unseen(few.single if single else few, choice.learn, choice.target))


def _loss(trial: Trial) -> float:
    return float(trial.choice.held_out.brier.mean())
