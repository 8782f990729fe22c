"""Quality rules, which judge an image's figures by thresholds."""

from dataclasses import dataclass
from typing import Final

import polars as pl

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

# Standard deviation of grey levels below which a picture is faded. Fading takes from sharpness what it takes from the
# contrast's square; without allowance for it, what is faded would be called blurred.
FADED: Final = 10.0


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


def flag_rules(limits: Clean) -> dict[str, Rule]:
    """The rules behind each of FLAGS, in that order, whatever the policy.

    They look at `pages`, as `core.cleaning.placeholders.page_counts` counts them, `text_lines`, and `strangeness`, as
    `core.cleaning.outliers.outlier_scores` has it; null where a figure could not be had.
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
