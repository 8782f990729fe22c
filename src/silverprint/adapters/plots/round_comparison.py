"""Rounds compared: accuracy with its interval round by round, and each class's recall in the first and the last."""

from dataclasses import dataclass
from typing import Any

from silverprint.adapters.plots import drawing


@dataclass(frozen=True)
class Bar:
    """A figure with its 95 % interval, 0..1."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassPair:
    """Recall of a class by two models, 0..1."""

    name: str
    before: float
    after: float


def render(accuracy: list[Bar], balanced: list[Bar], classes: list[ClassPair], ends: tuple[str, str]) -> Any:
    """The figure, by matplotlib.

    Args:
        accuracy, balanced: one bar a round, in the order of the rounds.
        ends: the names of the first and the last round, which `classes` are of.
    """
    from matplotlib.figure import Figure

    height = max(3.6, 0.3 * len(classes) + 1.3)
    drawn = Figure(figsize=(10.2, height), dpi=160, facecolor=drawing.PAPER, layout="constrained")
    left, right = drawn.subplots(1, 2, width_ratios=(2, 3))
    _rounds(left, accuracy, balanced)
    _classes(right, classes, ends)
    for axes in (left, right):
        axes.tick_params(colors=drawing.INK, length=0)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
    return drawn


def _rounds(axes: Any, accuracy: list[Bar], balanced: list[Bar]) -> None:
    series = (
        ("accuracy", accuracy, "o", drawing.MODEL, -0.1),
        ("balanced accuracy", balanced, "D", drawing.RANDOM, 0.1),
    )
    for name, bars, marker, colour, shift in series:
        places = [number + shift for number in range(len(bars))]
        ends = [[100 * (bar.value - bar.low) for bar in bars], [100 * (bar.high - bar.value) for bar in bars]]
        axes.errorbar(
            places, [100 * bar.value for bar in bars], yerr=ends, fmt=marker, color=colour, elinewidth=1.6,
            markersize=7, label=name,
        )  # fmt: skip
    axes.set_xticks(range(len(accuracy)), [bar.name for bar in accuracy])
    axes.set_xlim(-0.5, len(accuracy) - 0.5)
    axes.set_title("% of evaluation pictures, 95 % intervals", loc="left", fontsize=10, color=drawing.INK)
    axes.grid(axis="y", color=drawing.LINE, linewidth=0.8)
    _legend(axes)


def _classes(axes: Any, classes: list[ClassPair], ends: tuple[str, str]) -> None:
    places = list(range(len(classes)))[::-1]
    for place, one in zip(places, classes, strict=True):
        axes.plot([100 * one.before, 100 * one.after], [place, place], color=drawing.MUTED, linewidth=1.4, zorder=1)
    before, after = [100 * one.before for one in classes], [100 * one.after for one in classes]
    axes.scatter(before, places, s=52, facecolor=drawing.PAPER, edgecolor=drawing.MODEL, linewidth=1.6, label=ends[0])
    axes.scatter(after, places, s=52, color=drawing.MODEL, label=ends[1], zorder=3)
    axes.set_yticks(places, [one.name for one in classes])
    axes.set_xlim(-3, 103)
    axes.set_title("% of a class's pictures that are recognised", loc="left", fontsize=10, color=drawing.INK)
    axes.grid(axis="x", color=drawing.LINE, linewidth=0.8)
    _legend(axes)


def _legend(axes: Any) -> None:
    """Below the axes, where it hides no point."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, frameon=False, fontsize=9)
