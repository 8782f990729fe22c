"""What is wrong with a picture: figures measured from its pixels, and the rules that judge them by thresholds."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.config import Clean

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
    "same-pixels",
    "near-duplicate",
)

# These bind even for pictures that people labelled; every other reason only keeps a picture from being asked.
BINDING: Final = frozenset({"withdrawn", "license-unknown", "license-not-allowed"})

_SHARPNESS_WIDTH = 256  # pixels: makes the figure comparable between a thumbnail's original and a poster


@dataclass(frozen=True)
class Figures:
    brightness: float  # mean grey level, 0..255
    contrast: float  # standard deviation of grey levels, 0..127.5
    sharpness: float  # variance of the 3x3 Laplacian; below about 10 a photo looks blurred


def gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) luma (ITU-R BT.601), 0..255, of (H, W, 3) RGB."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def figures(levels: NDArray[np.uint8]) -> Figures:
    """Of (H, W) grey levels.

    Sharpness: J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (ICPR 2000).
    """
    height, width = levels.shape
    small = levels
    if width > _SHARPNESS_WIDTH:
        size = (_SHARPNESS_WIDTH, max(1, round(height * _SHARPNESS_WIDTH / width)))
        small = np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    edges = cv2.Laplacian(small, cv2.CV_16S, ksize=1)
    return Figures(float(levels.mean()), float(levels.std()), float(edges.var()))


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
        Rule("blurred", pl.col("sharpness") < limits.min_sharpness, _figure(pl.col("sharpness"))),
    )


def _figure(value: pl.Expr) -> pl.Expr:
    return value.round(3).cast(pl.String)
