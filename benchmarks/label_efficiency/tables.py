"""The trial's tables, in Markdown."""

import numpy as np

from benchmarks.label_efficiency.measures import (
    cells_won,
    gains,
    gap_closed,
    holm,
    interval,
    labels_ratio,
    p_value,
)
from benchmarks.label_efficiency.results import BASE, BOUND, OURS, Results

TARGETS = (100, 200, 400)  # labels whose accuracy under random is the target


def against_random(results: Results) -> list[str]:
    """A row per contestant: what it gains over random."""
    names = results.names()
    adjusted = holm({name: p_value(gains(*results.pair(name, BASE))) for name in names})
    head = ["", "seeds", "over random", "p", "cells won", *(f"labels, {at}" for at in TARGETS), "gap", "s"]
    return table(head, [[name, *_gain_cells(results, name, adjusted[name])] for name in names])


def _gain_cells(results: Results, name: str, adjusted: float) -> list[str]:
    own, base = results.pair(name, BASE)
    ratios = [labels_ratio(own, base, results.budgets, at) for at in TARGETS]
    return [
        str(len(own)),
        span(*interval(gains(own, base))),
        small(adjusted),
        f"{cells_won(own, base):.0%}",
        *("–" if np.isnan(ratio) else f"{ratio:.1f} ×" for ratio in ratios),
        _closed(results, name),
        f"{results.seconds(name):.2f}",
    ]


def _closed(results: Results, name: str) -> str:
    """The share of the oracle's gain, over the seeds that the oracle has, too."""
    if name == BOUND or BOUND not in results.runs or not (seeds := results.seeds(name, BOUND)):
        return "–"
    return f"{gap_closed(*(results.curves(one, seeds) for one in (name, BASE, BOUND))):.0%}"


def against_auto(all_results: list[Results]) -> list[str]:
    """A row per contestant, a column per dataset: auto's AULC less its own, and over all datasets."""
    names = sorted({name for results in all_results for name in results.names()} - {OURS, BOUND})
    differences = {
        name: [
            gains(*results.pair(OURS, name)) if results.seeds(OURS, name) else np.empty(0) for results in all_results
        ]
        for name in names
    }
    adjusted = holm({name: p_value(np.concatenate(parts)) for name, parts in differences.items()})
    rows = [
        [
            name,
            *(span(*interval(part)) if len(part) else "–" for part in parts),
            span(*interval(np.concatenate(parts))),
            small(adjusted[name]),
        ]
        for name, parts in differences.items()
    ]
    return table(["auto less …", *(results.dataset for results in all_results), "all", "p"], rows)


def against_aims(all_results: list[Results]) -> list[str]:
    """A row per dataset: the figures that auto is held against."""
    head = ["", "seeds", "over random", "share of the gap to all labels", "cells won", "worst budget against random"]
    head += ["labels, geometric mean", "worst budget against margin", "budgets below margin", "budgets below a peer"]
    return table(head, [_aims(results) for results in all_results if results.seeds(OURS)])


def _aims(results: Results) -> list[str]:
    own, base = results.pair(OURS, BASE)
    ratios = [labels_ratio(own, base, results.budgets, at) for at in TARGETS]
    worst = 100 * (own - base).mean(axis=0).min()
    room = 100 * (results.ceiling() - base.mean())
    return [
        results.dataset,
        str(len(own)),
        span(*interval(gains(own, base))),
        f"{float(gains(own, base).mean()) / room:.0%}",
        f"{cells_won(own, base):.0%}",
        f"{worst:+.1f}",
        f"{float(np.exp(np.log(ratios).mean())):.1f} ×" if not np.isnan(ratios).any() else "–",
        _worst_against(results, "margin"),
        _below(results, ["margin"]),
        _below(results, [name for name in results.names() if name.startswith("peer:")]),
    ]


def _worst_against(results: Results, name: str) -> str:
    """The mean difference, with its interval, at the budget where auto does worst."""
    if not results.seeds(OURS, name):
        return "–"
    own, other = results.pair(OURS, name)
    at = int((own - other).mean(axis=0).argmin())
    return f"{span(*interval(100 * (own - other)[:, at]))} at {results.budgets[at]}"


def _below(results: Results, names: list[str]) -> str:
    """At how many budgets, of all of `names` together, auto is lower and the 95 % interval excludes 0."""
    lower = total = 0
    for name in names:
        own, other = results.pair(OURS, name) if results.seeds(OURS, name) else (np.empty((0, 0)),) * 2
        if len(own) > 1:
            highs = np.array([interval(100 * part)[2] for part in (own - other).T])
            lower, total = lower + int((highs < 0).sum()), total + len(highs)
    return f"{lower} of {total}"


def span(middle: float, low: float, high: float) -> str:
    return f"{middle:+.1f}" if np.isnan(low) else f"{middle:+.1f} [{low:.1f}, {high:.1f}]"


def small(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]
