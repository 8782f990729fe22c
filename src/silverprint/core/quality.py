"""What is wrong with a picture: figures measured from its pixels, and the rules that judge them by thresholds."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.config import Clean
from silverprint.core import writing
from silverprint.core.sharpness import sharpness

# The order in which rules are tried; a picture carries the first one that rejects it. What binds comes first, so that
# no other reason hides it.
REASONS: Final = (
    "withdrawn",
    "license-unknown",
    "license-not-allowed",
    "undecodable",
    "animated",
    "too-small",
    "extreme-aspect",
    "flat",
    "too-dark",
    "too-bright",
    "blurred",
    "placeholder",
    "text-like",
    "off-topic",
    "same-pixels",
    "near-duplicate",
)

# These bind even for pictures that people labelled; every other reason only keeps a picture from being asked.
BINDING: Final = frozenset({"withdrawn", "license-unknown", "license-not-allowed"})

# Suspicions: a knob says whether they flag (by default), reject, or are ignored.
FLAGS: Final = ("placeholder", "text-like", "off-topic")

# Pixels of the longer side: makes figures comparable between a thumbnail's original and a poster.
SCORING_SIDE: Final = 256

# Standard deviation of grey levels below which a picture is faded. Fading takes from sharpness what it takes from the
# contrast's square; without allowance for it, what is faded would be called blurred.
FADED: Final = 10.0


@dataclass(frozen=True)
class Figures:
    brightness: float  # mean grey level, 0..255
    contrast: float  # standard deviation of grey levels, 0..127.5
    sharpness: float  # as `core.sharpness.sharpness` has it
    text_lines: int  # as `core.writing.lines` counts them


def gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) luma (ITU-R BT.601), 0..255, of (H, W, 3) RGB."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def reduced(levels: NDArray[np.uint8], side: int = SCORING_SIDE) -> NDArray[np.uint8]:
    """(H, W) grey levels reduced so that the longer side is `side` pixels; smaller ones are left as they are."""
    height, width = levels.shape
    longer = max(height, width)
    if longer <= side:
        return levels
    # Whole factors by averaging, so that nothing is aliased; the last, of at most 2, by interpolation, which is faster.
    factor = 1 << max(0, ((longer - 1) // side).bit_length() - 1)
    if factor > 1:
        levels = _resized(levels, -(-width // factor), -(-height // factor), cv2.INTER_AREA)
    share = side / longer
    return _resized(levels, max(1, round(width * share)), max(1, round(height * share)), cv2.INTER_LINEAR)


def stretched(levels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(side, side): the whole of (H, W) grey levels, whatever its proportions, averaged where it shrinks."""
    how = cv2.INTER_AREA if min(levels.shape) >= side else cv2.INTER_LINEAR
    return _resized(levels, side, side, how)


def figures(levels: NDArray[np.uint8]) -> Figures:
    """Of (H, W) grey levels, reduced to SCORING_SIDE."""
    small = reduced(levels)
    mean, deviation = cv2.meanStdDev(small)
    brightness, contrast = np.asarray(mean).item(), np.asarray(deviation).item()
    return Figures(brightness, contrast, sharpness(small), writing.lines(small))


def _resized(levels: NDArray[np.uint8], width: int, height: int, method: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(levels, (width, height), interpolation=method), dtype=np.uint8)


@dataclass(frozen=True)
class Rule:
    reason: str
    rejects: pl.Expr  # boolean; null counts as no
    evidence: pl.Expr  # text


def rules(limits: Clean) -> tuple[Rule, ...]:
    """The rules that look at one picture alone, in the order of REASONS, over the columns of MEASURED and `license`."""
    shorter = pl.min_horizontal("width", "height")
    aspect = pl.max_horizontal("width", "height") / shorter
    known = pl.col("license").is_not_null()
    blurred = limits.min_sharpness * pl.min_horizontal(pl.col("contrast") / FADED, 1.0) ** 2
    return (
        Rule("license-unknown", ~known & (limits.unknown_license == "reject"), pl.lit("unknown")),
        Rule("license-not-allowed", known & ~pl.col("license").is_in(list(limits.licenses)), pl.col("license")),
        Rule("undecodable", ~pl.col("decodable"), pl.col("error")),
        Rule("animated", pl.col("frames") > 1, pl.format("{} frames", "frames")),
        Rule("too-small", shorter < limits.min_side, pl.format("{}x{}", "width", "height")),
        Rule("extreme-aspect", aspect > limits.max_aspect, _figure(aspect)),
        Rule("flat", pl.col("contrast") < limits.min_contrast, _figure(pl.col("contrast"))),
        Rule("too-dark", pl.col("brightness") < limits.min_brightness, _figure(pl.col("brightness"))),
        Rule("too-bright", pl.col("brightness") > limits.max_brightness, _figure(pl.col("brightness"))),
        Rule("blurred", pl.col("sharpness") < blurred, _figure(pl.col("sharpness"))),
    )


def suspicions(limits: Clean) -> dict[str, Rule]:
    """The rules behind each of FLAGS, in that order, whatever the policy.

    They look at `pages`, as `core.placeholders.pages` counts them, `text_lines`, and `strangeness`, as
    `core.strangeness.strangeness` has it; null where a figure could not be had.
    """
    strange = pl.col("strangeness")
    found = (
        Rule("placeholder", pl.col("pages") >= limits.placeholder_pages, pl.col("pages").cast(pl.String)),
        Rule("text-like", pl.col("text_lines") >= limits.text_lines, pl.col("text_lines").cast(pl.String)),
        Rule("off-topic", strange >= limits.off_topic_strangeness, _figure(strange)),
    )
    return {rule.reason: rule for rule in found}


def policies(limits: Clean) -> dict[str, str]:
    """What to do about each of FLAGS: flag, reject or ignore."""
    return {"placeholder": limits.placeholder, "text-like": limits.text_like, "off-topic": limits.off_topic}


def _figure(value: pl.Expr) -> pl.Expr:
    return value.round(3).cast(pl.String)
