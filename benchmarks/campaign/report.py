"""Tables of finished campaigns: minutes for 1,000 correct labels, and against one vote for each picture."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.campaign import command
from benchmarks.label_efficiency.measures import interval
from benchmarks.results import publish
from silverprint.core.evaluation.intervals import wilson

PAGE: Final = Path("docs/benchmarks/campaign.md")
PRECISION: Final = 0.97
BASE: Final = "one vote"
COLUMNS: Final = (
    "contestant",
    "seeds",
    "minutes for 1,000 correct labels",
    "against one vote for each, 95 %",
    "votes",
    "covered",
    "right of all labels",
    "without people",
    "right of these",
    "campaigns with .97 of these right",
)


def report(datasets: Sequence[str], seeds: range, *, write: bool) -> None:
    """Prints a table for each set, without brought labels and with them; `write` puts them into PAGE."""
    text = "\n".join(line for dataset in datasets for line in tables(dataset, seeds))
    print(text)
    if write:
        publish(PAGE, "tables", text)


def tables(dataset: str, seeds: range) -> Iterator[str]:
    for has_labels in (False, True):
        played = {name: finished(dataset, name, has_labels, seeds) for name in command.CONTESTANTS}
        if not any(played[name] for name in command.OURS):
            continue
        base = finished(dataset, BASE, False, seeds)
        brought = f"brought labels, {command.ERRORS:.0%} wrong" if has_labels else "no brought labels"
        yield f"### {dataset}, {brought}\n"
        yield "| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS)
        for name, runs in played.items():
            if runs:
                yield "| " + " | ".join(row(name, runs, base)) + " |"
        yield ""


def finished(dataset: str, contestant: str, has_labels: bool, seeds: range) -> dict[int, dict[str, Any]]:
    """seed -> figures of the campaigns that were played."""
    has_labels = has_labels and contestant not in command.UNTAUGHT
    paths = {seed: command.kept(dataset, contestant, has_labels, seed) for seed in seeds}
    return {seed: json.loads(path.read_text()) for seed, path in paths.items() if path.exists()}


def row(name: str, runs: dict[int, dict[str, Any]], base: dict[int, dict[str, Any]]) -> list[str]:
    """The cells of COLUMNS."""
    found = list(runs.values())
    ratios = np.array([cost(one) / cost(base[seed]) for seed, one in runs.items() if seed in base])
    automatic = [one for one in found if one["machine"] > 0]
    kept = sum(one["machine_precision"] >= PRECISION for one in automatic)
    cells = [name, str(len(runs)), f"{mean(map(cost, found)):.1f}", between(ratios)]
    cells += [f"{mean(one['votes'] for one in found):,.0f}"]
    cells += [f"{mean(one[key] for one in found):.1%}" for key in ("covered", "precision", "machine")]
    if not automatic:
        return [*cells, "-", "-"]
    low, high = wilson(kept, len(automatic))
    right = mean(one["machine_precision"] for one in automatic)
    return [*cells, f"{right:.2%}", f"{kept} of {len(automatic)} ({low:.0%} to {high:.0%})"]


def cost(run: dict[str, Any]) -> float:
    """Minutes of people's time for 1,000 labels that are right."""
    return float(1_000 * run["minutes"] / run["correct"])


def mean(values: Any) -> float:
    return float(np.mean(list(values)))


def between(ratios: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str:
    if not len(ratios):
        return "-"
    middle, low, high = interval(ratios)
    return f"{middle:.3f}" if np.isnan(low) else f"{middle:.3f} ({low:.3f} to {high:.3f})"
