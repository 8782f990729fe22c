"""The trial's picture: how far above random each contestant's accuracy is, at every number of labels."""

from io import BytesIO
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from benchmarks.label_efficiency.measures import interval
from benchmarks.label_efficiency.results import BASE, BOUND, OURS, Results

STYLE = {
    OURS: {"color": "#b3261e", "linewidth": 2.6, "zorder": 5},
    BOUND: {"color": "#222222", "linewidth": 1.2, "linestyle": (0, (4, 2))},
    "uherding": {"color": "#e08a00", "linewidth": 1.5},
    "margin": {"color": "#1f5fa8", "linewidth": 1.5},
    "peer:Badge": {"color": "#3f8f3f", "linewidth": 1.3},
    "peer:TypiClust": {"color": "#7a4fb0", "linewidth": 1.3},
    "peer:MaxHerding": {"color": "#0e8f8f", "linewidth": 1.3},
    "peer:ProbCover": {"color": "#a0693a", "linewidth": 1.3},
    "peer:DropQuery": {"color": "#b05a8f", "linewidth": 1.3},
}
LOWEST = -6  # points: what falls further runs out of the picture
SETTLED = 60  # labels: what happens before may run out of it, too


def draw(all_results: list[Results], path: Path) -> None:
    """One panel a dataset, and one for the legend."""
    figure, axes = plt.subplots(2, 3, figsize=(13, 7.6), sharex=True)
    for axis, results in zip(axes.flat, all_results, strict=False):
        _panel(axis, results)
    handles = {}
    for axis in axes.flat[: len(all_results)]:
        handles |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    for axis in axes.flat[len(all_results) :]:
        axis.axis("off")
    axes.flat[-1].legend(handles.values(), handles.keys(), loc="center", frameon=False, fontsize=11)
    for axis in axes[:, 0]:
        axis.set_ylabel("accuracy above random, points")
    figure.suptitle("What each strategy gains over random labelling, by number of labels", fontsize=14)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=100)
    Image.open(drawn).convert("RGB").quantize(96).save(path, optimize=True)  # flat colours: a quarter of the bytes
    plt.close(figure)


def _panel(axis: Axes, results: Results) -> None:
    drawn = [name for name in STYLE if results.seeds(name)]
    seeds = results.seeds(*(name for name in drawn if name != BOUND))
    axis.set_title(f"{results.dataset} ({len(seeds)} paired seed{'s' if len(seeds) != 1 else ''})", fontsize=12)
    axis.axhline(0, color="#888888", linewidth=1.2, label=BASE)
    highest = first = 0.0
    for name in drawn:
        style = STYLE[name]
        paired = [seed for seed in seeds if seed in results.runs[name]]  # the oracle may have fewer
        if not paired:
            continue
        own, base = results.curves(name, paired), results.curves(BASE, paired)
        above = 100 * (own - base).mean(axis=0)
        highest = max(highest, float(above[results.budgets >= SETTLED].max()))
        if name == OURS:
            first = above[0]
        axis.plot(results.budgets, above, label=_named(name), **style)
        if name == OURS and len(own) > 1:
            lows, highs = np.array([interval(100 * part)[1:] for part in (own - base).T]).T
            axis.fill_between(results.budgets, lows, highs, color=style["color"], alpha=0.12)
    axis.set_ylim(max(LOWEST, -0.5 * highest), 1.25 * highest)
    if first > 1.25 * highest:
        axis.annotate(
            f"auto {first:+.0f} at 20", (0.97, 0.97), xycoords="axes fraction", va="top", ha="right", color="#b3261e"
        )
    axis.set_xlabel("labels")
    axis.tick_params(labelbottom=True)
    axis.spines[["top", "right"]].set_visible(False)


def _named(name: str) -> str:
    return f"{name.removeprefix('peer:')} (scikit-activeml)" if name.startswith("peer:") else name
