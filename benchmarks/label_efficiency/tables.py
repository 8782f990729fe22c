"""The trial's tables, in Markdown."""

from collections import Counter

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
from benchmarks.label_efficiency.results import BASE, BOUND, OURS, TARGETS, Results


def against_random(results: Results) -> list[str]:
    """A row per contestant: what it gains over random."""
    names, adjusted = results.names(), adjusted_p(results)
    head = ["", "seeds", "over random", "p", "cells won", *(f"labels, {at}" for at in TARGETS), "gap", "s"]
    return table(head, [[name, *_gain_cells(results, name, adjusted[name])] for name in names])


def adjusted_p(results: Results) -> dict[str, float]:
    """Paired t-tests of each contestant's AULC against random's, adjusted over all contestants of the table."""
    return holm({name: p_value(gains(*results.pair(name, BASE))) for name in results.names()})


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
    names = sorted({name for results in all_results for name in results.names() if "@" not in name} - {OURS, BOUND})
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


def against_fixed(all_results: list[Results]) -> list[str]:
    """A row per fixed choice of features: auto's AULC less that of auto with it; then which block auto put in front."""
    shown = [results for results in all_results if any(name.startswith(f"{OURS}@") for name in results.names())]
    names = sorted({name for results in shown for name in results.names() if name.startswith(f"{OURS}@")})
    rows = [[name, *(_less(results, name) for results in shown)] for name in names]
    rows.append(["in front, share of rounds", *(_in_front(results) for results in shown)])
    return table(["auto less …", *(f"{results.dataset}" for results in shown)], rows) if shown else []


def _less(results: Results, name: str) -> str:
    seeds = results.seeds(OURS, name)
    return f"{span(*interval(gains(*results.pair(OURS, name))))}, {len(seeds)} seeds" if seeds else "–"


def _in_front(results: Results) -> str:
    """How often the labels put each block in front, and how often all weighed the same."""
    told = Counter(_leader(one) for seed in results.seeds(OURS) for one in results.runs[OURS][seed]["seen"])
    return ", ".join(f"{name} {count / told.total():.0%}" for name, count in told.most_common())


def _leader(told: str) -> str:
    names = [part.partition(":")[0] for part in told.split() if part.endswith(":1")]
    return names[0] if len(names) == 1 else "none"


def span(middle: float, low: float, high: float) -> str:
    return f"{middle:+.1f}" if np.isnan(low) else f"{middle:+.1f} [{low:.1f}, {high:.1f}]"


def small(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells]
