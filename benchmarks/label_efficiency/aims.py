"""What `auto` is held against, asked beside seen; what falls short is bold."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from benchmarks.label_efficiency.measures import (
    cells_won,
    gains,
    gap_closed,
    interval,
    labels_ratio,
)
from benchmarks.label_efficiency.results import BASE, BOUND, OURS, TARGETS, Results
from benchmarks.label_efficiency.tables import adjusted_p, small, span, table

Cell: TypeAlias = tuple[str, bool]  # what was seen, and whether it is what was asked
NONE: Cell = ("–", True)


def against_aims(all_results: list[Results]) -> list[str]:
    """A row per aim, a column per dataset."""
    rows = [["seeds", "20", *(str(len(results.seeds(OURS))) for results in all_results)]]
    for name, asked, seen in AIMS:
        cells = [seen(results) for results in all_results]
        rows.append([name, asked, *(text if held else f"**{text}**" for text, held in cells)])
    return table(["", "asked", *(results.dataset for results in all_results)], rows)


def _area(results: Results) -> Cell:
    found = interval(gains(*results.pair(OURS, BASE)))
    return span(*found), found[0] >= 4 or _share_of_room(results) >= 0.25


def _room(results: Results) -> Cell:
    share = _share_of_room(results)
    return f"{share:.0%}", share >= 0.25 or gains(*results.pair(OURS, BASE)).mean() >= 4


def _share_of_room(results: Results) -> float:
    own, base = results.pair(OURS, BASE)
    return float(gains(own, base).mean()) / (100 * (results.ceiling() - base.mean()))


def _probability(results: Results) -> Cell:
    found = adjusted_p(results)[OURS]
    return small(found), found < 0.01


def _cells(results: Results) -> Cell:
    won = cells_won(*results.pair(OURS, BASE))
    return f"{won:.1%}", won >= 0.97


def _worst(results: Results) -> Cell:
    own, base = results.pair(OURS, BASE)
    above = 100 * (own - base).mean(axis=0)
    at = int(above.argmin())
    return f"{above[at]:+.1f} at {results.budgets[at]}", above[at] >= -0.5


def _fewer(results: Results) -> Cell:
    mean, text = _ratio(results, OURS)
    return text, mean >= (3.5 if results.dataset.endswith("-tail") else 2.2)


def _fewer_by_oracle(results: Results) -> Cell:
    return (_ratio(results, BOUND)[1], True) if results.seeds(BOUND) else NONE


def _ratio(results: Results, name: str) -> tuple[float, str]:
    """The geometric mean over the targets, and each; not a number where one is never reached."""
    own, base = results.pair(name, BASE)
    ratios = [labels_ratio(own, base, results.budgets, at) for at in TARGETS]
    mean = float(np.exp(np.log(ratios).mean()))
    return mean, f"{mean:.2f} × ({', '.join(f'{ratio:.1f}' for ratio in ratios)})"


def _margin(results: Results) -> Cell:
    return _below(results, ["margin"])


def _peers(results: Results) -> Cell:
    return _below(results, [name for name in results.names() if name.startswith("peer:")])


def _papers(results: Results) -> Cell:
    return _below(results, [name for name in results.names() if name.startswith("paper:")])


def _below(results: Results, names: list[str]) -> Cell:
    """At how many budgets, of all of `names` together, auto is lower and the 95 % interval excludes 0."""
    lower = total = 0
    for name in names:
        if len(results.seeds(OURS, name)) > 1:
            own, other = results.pair(OURS, name)
            highs = np.array([interval(100 * part)[2] for part in (own - other).T])
            lower, total = lower + int((highs < 0).sum()), total + len(highs)
    return (f"{lower} of {total}", lower == 0) if total else NONE


def _oracle(results: Results) -> Cell:
    seeds = results.seeds(OURS, BOUND)
    if not seeds:
        return NONE
    closed = gap_closed(*(results.curves(name, seeds) for name in (OURS, BASE, BOUND)))
    return f"{closed:.0%} ({len(seeds)} seed{'s' if len(seeds) > 1 else ''})", closed >= 0.6


def _features(results: Results) -> Cell:
    """Against the fixed choice of the highest mean, over the seeds that both have."""
    fixed = [name for name in results.names() if name.startswith(f"{OURS}@")]
    if not fixed:
        return NONE
    worst = min(fixed, key=lambda name: gains(*results.pair(OURS, name)).mean())
    found = interval(gains(*results.pair(OURS, worst)))
    return f"{span(*found)} ({worst.partition('@')[2]})", found[0] >= -1


AIMS: list[tuple[str, str, Callable[[Results], Cell]]] = [
    ("AULC over random, points", "≥ 4, or the next", _area),
    ("share of random's gap to all labels", "≥ 25 %, or the last", _room),
    ("adjusted p", "< .01", _probability),
    ("cells won", "≥ 97 %", _cells),
    ("worst budget against random", "≥ -0.5", _worst),
    ("fewer labels, geometric mean (at 100, 200, 400)", "≥ 2.2 ×; tail 3.5 ×", _fewer),
    ("the same by the oracle, which sees the truth", "", _fewer_by_oracle),
    ("budgets below margin beyond noise", "0", _margin),
    ("budgets below a peer beyond noise", "0", _peers),
    ("budgets below one from a paper beyond noise", "0", _papers),
    ("oracle's gap closed", "≥ 60 %", _oracle),
    ("against the best fixed choice of features", "≥ -1", _features),
]
