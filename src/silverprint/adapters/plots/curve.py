"""The learning curve: accuracy against labels, round by round, with what random pictures would have given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from silverprint.adapters.plots import palette


@dataclass(frozen=True)
class Control:
    """Two models at the same number of labels: the last ones chosen by the strategy, or drawn at random."""

    labels: int  # that both were trained on
    k: int  # of them, those that differ
    chosen: float  # accuracy, 0..1
    random: float


@dataclass(frozen=True)
class Point:
    round: str
    labels: int  # the model was trained on
    accuracy: float  # 0..1
    low: float  # of the 95 % interval
    high: float
    control: Control | None


def draw(points: list[Point], path: Path) -> None:
    """Writes the curve of `points`, in the order of the rounds, as a PNG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.family": "DejaVu Sans", "font.size": 10.5, "text.color": palette.INK}):
        figure = Figure(figsize=(7.2, 4.1), dpi=200, facecolor=palette.PAPER, layout="constrained")
        axes = figure.subplots()
        _model(axes, points)
        _controls(axes, points)
        _frame(axes, points)
        figure.savefig(path, metadata={"Software": None})


def _model(axes: Any, points: list[Point]) -> None:
    labels = [point.labels for point in points]
    accuracy = [100 * point.accuracy for point in points]
    low, high = [100 * point.low for point in points], [100 * point.high for point in points]
    if len(points) > 1:
        axes.fill_between(labels, low, high, color=palette.MODEL, alpha=0.13, linewidth=0, label="95 % interval")
    else:  # one round has no band to draw: its interval is a bar
        axes.vlines(labels, low, high, color=palette.MODEL, linewidth=1.4, label="95 % interval")
    axes.plot(labels, accuracy, color=palette.MODEL, linewidth=2.2, marker="o", markersize=7, label="the round's model")
    for point, value in zip(points, accuracy, strict=True):
        axes.annotate(
            f"{point.round}  {value:.1f} %", (point.labels, value), xytext=(8, -15), textcoords="offset points",
            fontsize=10, fontweight="bold", color=palette.MODEL, annotation_clip=False,
        )  # fmt: skip


def _controls(axes: Any, points: list[Point]) -> None:
    pairs = [point.control for point in points if point.control]
    if not pairs:
        return
    labels = [pair.labels for pair in pairs]
    sizes = {pair.k for pair in pairs}
    k = str(sizes.pop()) if len(sizes) == 1 else "k"
    axes.vlines(
        labels, [100 * pair.random for pair in pairs], [100 * pair.chosen for pair in pairs],
        color=palette.MUTED, linewidth=1.2, linestyle=":",
    )  # fmt: skip
    style = {"linestyle": "none", "markersize": 7, "markeredgewidth": 1.6, "markerfacecolor": palette.PAPER}
    axes.plot(
        labels, [100 * pair.chosen for pair in pairs], marker="D", markeredgecolor=palette.MODEL,
        label=f"the rounds before + {k} chosen pictures", **style,
    )  # fmt: skip
    axes.plot(
        labels, [100 * pair.random for pair in pairs], marker="s", markeredgecolor=palette.RANDOM,
        label=f"the rounds before + {k} random pictures", **style,
    )  # fmt: skip


def _frame(axes: Any, points: list[Point]) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.set_xlabel("labels trained on", color=palette.MUTED)
    axes.set_ylabel("accuracy on the evaluation set", color=palette.MUTED)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.grid(axis="y", color=palette.LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=palette.MUTED, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.LINE)
    axes.set_xlim(0, 1.2 * max(point.labels for point in points))
    axes.figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=9.5, labelcolor=palette.INK)
