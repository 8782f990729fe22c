"""Forecast in sentences: the next round's cost, and whether another is worth it, with the figures behind that."""

from collections.abc import Iterator
from typing import Final

from silverprint.campaign.forecast import Comparison, Effort, Outlook
from silverprint.core.evaluation.stopping import PLATEAU, STABLE, WINDOW, Step, Verdict
from silverprint.core.queue.roles import Shares

_UNKNOWN: Final = "nobody's time for a vote is known yet"


def sentences(outlook: Outlook, currency: str) -> Iterator[str]:
    if outlook.ahead is not None and (outlook.ahead[1].most or outlook.ahead[1]).votes > 0:
        name, effort = outlook.ahead
        guess = ", if there are enough pictures: they were not read on this machine yet" if outlook.is_guess else ""
        yield f"Ahead: {needs(name, effort, currency)}{guess}"
    if outlook.unlike is not None:
        before, after = outlook.unlike
        yield (
            f"Last: {before} and {after} learnt on different features, so what {after}'s labels brought is not known "
            f"apart from what the features did; to see it: silverprint round rebuild {before}"
        )
    elif outlook.comparisons:
        last = outlook.comparisons[-1]
        yield f"Last: {_step(last)}; it took {_work(last.effort, currency)}{_price(last, currency)}"
        yield f"Stop? {_verdict(outlook.verdict, last)}"


def needs(name: str, effort: Effort, currency: str) -> str:
    if effort.most is None:
        return f"{name} needs {_work(effort, currency)}"
    least, most = f"{effort.votes:,} votes at least", f"{effort.most.votes:,} at most"
    between = f"{name} needs {least}{_in_brackets(effort, currency)} and {most}{_in_brackets(effort.most, currency)}"
    if effort.hours is None:
        between = f"{between} ({_UNKNOWN})"
    if effort.expected is None:
        return f"{between}; no round was asked so before, so how many it will be is not known"
    likely = f"about {effort.expected.votes:,}{_in_brackets(effort.expected, currency)}"
    return f"{between}; {likely} if its pictures take as many as in earlier rounds with this overlap"


def small_pool(name: str, shares: Shares, evaluation: int) -> str:
    """What becomes of a first pool that is too small, and whether too little of it is left to train on.

    Args:
        evaluation: `evaluation.size`.
    """
    train, test = shares.train + shares.control, shares.evaluation + shares.audit
    part = f"evaluation.size = {evaluation}, at most half where pictures are short"
    said = (
        f"{name}: {shares.total} pictures are all there are: test {test} ({part}; rounds.{name}.audit), train {train}"
    )
    if test <= train:
        return said
    return f"{said}; test is larger than train, for good: set evaluation.size lower before the queue is drawn"


def _work(effort: Effort, currency: str) -> str:
    votes = f"{effort.votes:,} votes"
    if effort.hours is None:
        return f"{votes} ({_UNKNOWN})"
    return f"{votes}: {_time_and_money(effort.hours, effort, currency)}"


def _in_brackets(effort: Effort, currency: str) -> str:
    return "" if effort.hours is None else f" ({_time_and_money(effort.hours, effort, currency)})"


def _time_and_money(hours: float, effort: Effort, currency: str) -> str:
    return _time(hours) + ("" if effort.cost is None else f", {effort.cost:,.2f} {currency}")


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"


def _step(one: Comparison) -> str:
    step = one.step
    interval = f"95 % interval {_points(step.low)} to {_points(step.high)}"
    gain = f"{one.round} brought {_points(step.gain)} points over {one.before}"
    return f"{gain} on {step.pictures:,} evaluation pictures ({interval}); {_stability(step)}"


def _stability(step: Step) -> str:
    known = step.stability
    if known is None:
        return "how far their models predict the same of the pool is not known here"
    same = f"{100 * known.agreement:.1f} % of {known.pictures:,} pictures of the pool"
    return f"their models predict the same of {same} (kappa {known.kappa:.2f})"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _price(last: Comparison, currency: str) -> str:
    """What a point of accuracy cost, where there surely was one."""
    if last.step.low <= 0:
        return ""
    if last.effort.cost is not None:
        return f", {last.effort.cost / (100 * last.step.gain):,.2f} {currency} a point"
    return f", {last.effort.votes / (100 * last.step.gain):,.0f} votes a point"


def _verdict(verdict: Verdict, last: Comparison) -> str:
    match verdict:
        case "go on":
            return f"go on: {last.round} still gained, beyond what chance explains"
        case "look first":
            return (
                f"look first: {last.round} lost, beyond what chance explains; see its labels in data/report/index.html"
            )
        case "stop":
            return (
                f"yes: each of the last {WINDOW} rounds surely gained less than {100 * PLATEAU:.0f} point, "
                f"and its model predicts of the pool what the one before did (kappa at least {STABLE})"
            )
    smallest = f"{50 * (last.step.high - last.step.low):.1f} points"
    return f"the figures do not decide: {last.step.pictures:,} evaluation pictures show changes of {smallest} or more"
