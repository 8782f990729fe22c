"""Learning curve: accuracy against labels, round by round, beside what randomly chosen images would have given."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from silverprint.adapters.plots import drawing

_REACH: Final = 5.5  # distance from a marker's centre to its edge, in typographic points
# Where a point's name may stand, the best first: to the right, up, and the side of the text that is towards the point.
_PLACES: Final = (
    (8, -15, "left"), (-8, 8, "right"), (8, 8, "left"), (-8, -15, "right"),
    (8, -30, "left"), (-8, 23, "right"), (8, 23, "left"), (-8, -30, "right"),
)  # fmt: skip


@dataclass(frozen=True)
class Control:
    """Two models at the same number of labels: the last ones chosen by the strategy, or drawn at random."""

    labels: int  # labels that both were trained on
    k: int  # labels that differ between the two
    chosen: float  # accuracy, 0..1
    random: float


@dataclass(frozen=True)
class Point:
    round: str
    labels: int  # the model was trained on
    accuracy: float  # 0..1
    low: float  # lower end of the 95 % interval
    high: float
    control: Control | None


def draw(points: list[Point], path: Path, before: Point | None = None) -> None:
    """Writes the curve of `points`, in the order of the rounds, as a PNG.

    Args:
        before: a classifier that was there before the first round, at no label.
    """
    from matplotlib import rc_context

    with rc_context({"font.family": "DejaVu Sans", "font.size": 10.5, "text.color": drawing.INK}):
        render(points, before).savefig(path, metadata={"Software": None})


def render(points: list[Point], before: Point | None = None) -> Any:
    """The curve as a figure of matplotlib."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.2, 4.1), dpi=200, facecolor=drawing.PAPER, layout="constrained")
    axes = drawn.subplots()
    _model(axes, points)
    _controls(axes, points)
    if before is not None:
        _before(axes, before)
    _frame(axes, points)
    _names(axes, points if before is None else [before, *points])
    return drawn


def _model(axes: Any, points: list[Point]) -> None:
    labels = [point.labels for point in points]
    accuracy = [100 * point.accuracy for point in points]
    low, high = [100 * point.low for point in points], [100 * point.high for point in points]
    if len(points) > 1:
        axes.fill_between(labels, low, high, color=drawing.MODEL, alpha=0.13, linewidth=0, label="95 % interval")
    else:  # one round has no band to draw: its interval is a bar
        axes.vlines(labels, low, high, color=drawing.MODEL, linewidth=1.4, label="95 % interval")
    axes.plot(labels, accuracy, color=drawing.MODEL, linewidth=2.2, marker="o", markersize=7, label="the round's model")


def _before(axes: Any, point: Point) -> None:
    axes.vlines([point.labels], [100 * point.low], [100 * point.high], color=drawing.MUTED, linewidth=1.4)
    axes.plot(
        [point.labels], [100 * point.accuracy], color=drawing.MUTED, linestyle="none", marker="^", markersize=8,
        label="the classifier before", clip_on=False,
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
        color=drawing.MUTED, linewidth=1.2, linestyle=":",
    )  # fmt: skip
    style = {"linestyle": "none", "markersize": 7, "markeredgewidth": 1.6, "markerfacecolor": drawing.PAPER}
    axes.plot(
        labels, [100 * pair.chosen for pair in pairs], marker="D", markeredgecolor=drawing.MODEL,
        label=f"the rounds before + {k} chosen pictures", **style,
    )  # fmt: skip
    axes.plot(
        labels, [100 * pair.random for pair in pairs], marker="s", markeredgecolor=drawing.RANDOM,
        label=f"the rounds before + {k} random pictures", **style,
    )  # fmt: skip


def _names(axes: Any, points: list[Point]) -> None:
    """Writes beside each point which round it is, where nothing covers it, as far as there is room."""
    from matplotlib.transforms import Bbox

    axes.figure.draw_without_rendering()  # the axes lie where they will from here on
    pairs = [point.control for point in points if point.control]
    marked = [(point.labels, point.accuracy) for point in points]
    marked += [(pair.labels, accuracy) for pair in pairs for accuracy in (pair.chosen, pair.random)]
    centres = axes.transData.transform([(labels, 100 * accuracy) for labels, accuracy in marked])
    reach = _REACH * axes.figure.dpi / 72
    taken = [Bbox([centre - reach, centre + reach]) for centre in centres]
    for start, end in pairwise(centres[: len(points)]):  # the line between the rounds, as beads of its own width
        steps = max(1, int(max(abs(end - start)) // reach))
        beads = (start + (end - start) * step / steps for step in range(1, steps))
        taken += [Bbox([bead - reach / 4, bead + reach / 4]) for bead in beads]
    for point in points:
        names = [_name(axes, point, *place) for place in _PLACES]
        boxes = [name.get_window_extent() for name in names]
        best = min(range(len(names)), key=lambda n: boxes[n].count_overlaps(taken))
        taken.append(boxes[best])
        for name in names[:best] + names[best + 1 :]:
            name.remove()


def _name(axes: Any, point: Point, right: float, up: float, side: str) -> Any:
    """The point's name, so far from it (in typographic points), with `side` of the text towards it."""
    name = axes.annotate(
        f"{point.round}  {100 * point.accuracy:.1f} %", (point.labels, 100 * point.accuracy), xytext=(right, up),
        textcoords="offset points", horizontalalignment=side, fontsize=10, fontweight="bold", color=drawing.MODEL,
        annotation_clip=False,
    )  # fmt: skip
    name.set_in_layout(False)  # True would move the axes again
    return name


def _frame(axes: Any, points: list[Point]) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.set_xlabel("labels trained on", color=drawing.MUTED)
    axes.set_ylabel("accuracy on the evaluation set", color=drawing.MUTED)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))  # a line stands where its label says
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.grid(axis="y", color=drawing.LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=drawing.MUTED, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(drawing.LINE)
    axes.set_xlim(0, 1.2 * max(point.labels for point in points))
    axes.figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=9.5, labelcolor=drawing.INK)
