"""Figures of a round's run: confusion, reliability, and the evaluation images that are hardest for the model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.calibration import reliability
from silverprint.core.evaluation.intervals import wilson

_INK, _MUTED, _BLUE, _RED = "#1c2430", "#6b7480", "#2f6690", "#b23a48"
SHEET = 24  # pictures on the sheet
_COLUMNS = 6
_CELL = 1.08, 1.34  # width and height, in pictures
_TITLE = 0.4


def confusion_plot(evaluation: pl.DataFrame, classes: Sequence[str]) -> Figure:
    """Counts, coloured by their share of the true class, by what the pictures stand for; rows are what people said."""
    index = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    masses = np.zeros(counts.shape)
    weights = weighted.weights_of(evaluation)
    each = np.ones(evaluation.height) if weights is None else weights
    for label, predicted, mass in zip(evaluation["label"], evaluation["predicted"], each, strict=True):
        counts[index[label], index[predicted]] += 1
        masses[index[label], index[predicted]] += mass
    whole = masses.sum(axis=1, keepdims=True)
    share = masses / np.where(whole > 0, whole, 1)
    side = 2.6 + 0.52 * len(classes)
    figure, axes = _figure(side, side)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel("the model says")
    axes.set_ylabel("people say")
    for row, column in np.argwhere(counts):
        dark = share[row, column] > 0.55
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color="white" if dark else _INK)
    axes.set_title(f"Confusion on {evaluation.height} evaluation pictures", loc="left")
    return figure


def reliability_plot(evaluation: pl.DataFrame, ece: float) -> Figure:
    """Confidence against accuracy in bins of as many pictures; on the diagonal a confidence means what it says.

    Where pictures have weights a bin's means are weighted; its interval is that of as many pictures without.
    """
    correct = (evaluation["label"] == evaluation["predicted"]).to_numpy()
    bins = reliability(evaluation["confidence"].to_numpy(), correct, weights=weighted.weights_of(evaluation))
    figure, axes = _figure(5.4, 5.2)
    axes.plot([0, 1], [0, 1], color=_MUTED, linewidth=1, linestyle=(0, (4, 3)))
    found = zip(bins.accuracy, bins.count, strict=True)
    low, high = np.array([wilson(round(share * count), int(count)) for share, count in found]).T
    axes.errorbar(
        bins.confidence, bins.accuracy, yerr=[bins.accuracy - low, high - bins.accuracy],
        fmt="o-", color=_BLUE, ecolor="#a9c3d6", elinewidth=1.5, markersize=5,
    )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="mean confidence", ylabel="share right")
    axes.set_aspect("equal")
    axes.set_title(f"Reliability: calibration error {ece:.3f}", loc="left")
    note = f"{bins.count.sum()} pictures in {len(bins.count)} bins\nbars: 95 % interval"
    axes.text(0.98, 0.02, note, color=_MUTED, fontsize=9, ha="right")
    return figure


def hardest_images(evaluation: pl.DataFrame, n: int = SHEET) -> pl.DataFrame:
    """The `n` rows with the smallest margin between the two likeliest classes."""
    if evaluation.is_empty():
        return evaluation
    ranked = np.sort(np.array(evaluation["probabilities"].to_list()), axis=1)
    margin = pl.Series("margin", ranked[:, -1] - ranked[:, -2])
    return evaluation.with_columns(margin).sort("margin", "image_id").head(n).drop("margin")


def image_sheet(rows: pl.DataFrame, pictures: Mapping[str, NDArray[np.uint8]]) -> Figure:
    """`pictures` (H, W, 3) of `rows` of EVALUATION, each with what people and the model say."""
    lines = -(-rows.height // _COLUMNS)
    width, height = _COLUMNS * _CELL[0], lines * _CELL[1] + _TITLE
    figure = Figure(figsize=(1.75 * width, 1.75 * height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))  # one for all: an axes for each picture takes a second
    axes.set_axis_off()
    axes.text(0.05, 0.27, "The hardest evaluation pictures", fontsize=13, color=_INK)
    legend = "what the model says, how sure it is, and what people say where they differ"
    axes.text(width - 0.05, 0.27, legend, fontsize=9, color=_MUTED, ha="right")
    for number, row in enumerate(rows.iter_rows(named=True)):
        left, top = number % _COLUMNS * _CELL[0] + 0.05, number // _COLUMNS * _CELL[1] + _TITLE
        right = row["label"] == row["predicted"]
        colour = _BLUE if right else _RED
        says = f"{row['predicted']} ({row['confidence']:.0%})" + ("" if right else f"\npeople: {row['label']}")
        axes.text(left, top + 0.25, says, fontsize=8.5, color=colour, va="bottom", linespacing=1.15)
        box = (left, left + 1, top + 1.27, top + 0.27)
        axes.imshow(pictures[row["image_id"]], extent=box, interpolation="antialiased")
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=_INK, length=0)
    axes.title.set_color(_INK)
    return figure, axes
