"""Table of rules: every reason to reject a picture, in the order in which they are tried."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from silverprint.config import Clean

# Standard deviation of grey levels below which a picture is faded. Fading takes from sharpness what it takes from the
# contrast's square; without allowance for it, what is faded would be called blurred.
FADED: Final = 10.0


@dataclass(frozen=True)
class Rule:
    """A reason to reject a picture, and all that is said of it anywhere.

    Attributes:
        reason: its name in the manifest.
        words: what it means, for whoever reads the report.
        remedy: what to change where it leaves no picture.
        rejects: for the limits, a boolean expression over one picture's row: the columns of MEASURED, `license`,
            `reserved` as `core.cleaning.reserved_since` has it, `pages` as `core.cleaning.placeholders.page_counts`
            counts them, `strangeness` as `core.cleaning.outliers.outlier_scores` has it, `personal` and `person_policy`
            as `core.cleaning.identifiable_people` has them, `blocked` as `core.cleaning.known_bad` has it; null, where
            a figure could not be had, counts as no. None where other pictures or ledgers decide.
        evidence: text for the manifest, of the same row.
        explain: the manifest's evidence with the limit that it lies beyond: "40x60" -> "side 40 < 48".
        binds: whether it holds even for pictures that people labelled; others only keep a picture from being asked.
        policy: of a suspicion alone: what the limits say to do about it, flag, reject or ignore.
    """

    reason: str
    words: str
    remedy: str
    rejects: Callable[[Clean], pl.Expr] | None = None
    evidence: pl.Expr | None = None
    explain: Callable[[str, Clean], str] = lambda evidence, _: evidence
    binds: bool = False
    policy: Callable[[Clean], str] | None = None


def _figure(value: pl.Expr) -> pl.Expr:
    return value.round(3).cast(pl.String)


_SHORTER: Final = pl.min_horizontal("width", "height")
_ASPECT: Final = pl.max_horizontal("width", "height") / _SHORTER
_FADING: Final = pl.min_horizontal(pl.col("contrast") / FADED, 1.0) ** 2

# A picture carries the first that rejects it. What binds comes first, so that no other reason hides it.
RULES: Final = (
    Rule(
        "withdrawn",
        "somebody asked for it to be taken down",
        "data/takedowns.csv withdraws them: add a source",
        binds=True,
    ),
    Rule(
        "blocked",
        "a list of known pictures says that nobody is to see it",
        "data/blocked.csv names them: add a source",
        lambda _: pl.col("blocked").is_not_null(),
        pl.col("blocked"),
        binds=True,
    ),
    Rule(
        "reserved",
        "its site says since that it may not be trained on",
        "ask its owner, or narrow the source's respect and raise its revision",
        lambda _: pl.col("reserved").is_not_null(),
        pl.col("reserved"),
        binds=True,
    ),
    Rule(
        "license-unknown",
        "its page names no licence",
        "set clean.unknown_license: keep, or the source's license",
        lambda limits: pl.col("license").is_null() & (limits.unknown_license == "reject"),
        pl.lit("unknown"),
        lambda _, __: "no licence named",
        binds=True,
    ),
    Rule(
        "license-not-allowed",
        "its licence is not among those allowed",
        "add to clean.licenses what you may use",
        lambda limits: pl.col("license").is_not_null() & ~pl.col("license").is_in(list(limits.licenses)),
        pl.col("license"),
        binds=True,
    ),
    Rule(
        "person",
        "a detector found a person in it, and its source does without such pictures",
        "set persons.policy: hide, or that of the source",
        lambda _: pl.col("person_policy") == "reject",
        pl.col("personal"),
        binds=True,
    ),
    Rule(
        "undecodable",
        "broken or cut off: the decoder could not read all of it",
        "look at the source's pictures, or add a source",
        lambda _: ~pl.col("decodable"),
        pl.col("error"),
    ),
    Rule(
        "animated",
        "more than one frame",
        "add a source of still pictures",
        lambda _: pl.col("frames") > 1,
        pl.format("{} frames", "frames"),
    ),
    Rule(
        "too-small",
        "the shorter side is below the limit",
        "lower clean.min_side",
        lambda limits: limits.min_side > _SHORTER,
        pl.format("{}x{}", "width", "height"),
        lambda size, limits: f"side {min(size.split('x'), key=int)} < {limits.min_side}",
    ),
    Rule(
        "extreme-aspect",
        "far longer than wide, or the reverse",
        "raise clean.max_aspect",
        lambda limits: limits.max_aspect < _ASPECT,
        _figure(_ASPECT),
        lambda figure, limits: f"aspect {figure} > {limits.max_aspect:g}",
    ),
    Rule(
        "flat",
        "nothing to see: almost one colour",
        "lower clean.min_contrast",
        lambda limits: pl.col("contrast") < limits.min_contrast,
        _figure(pl.col("contrast")),
        lambda figure, limits: f"contrast {figure} < {limits.min_contrast:g}",
    ),
    Rule(
        "too-dark",
        "almost black",
        "lower clean.min_brightness",
        lambda limits: pl.col("brightness") < limits.min_brightness,
        _figure(pl.col("brightness")),
        lambda figure, limits: f"brightness {figure} < {limits.min_brightness:g}",
    ),
    Rule(
        "too-bright",
        "almost white",
        "raise clean.max_brightness",
        lambda limits: pl.col("brightness") > limits.max_brightness,
        _figure(pl.col("brightness")),
        lambda figure, limits: f"brightness {figure} > {limits.max_brightness:g}",
    ),
    Rule(
        "blurred",
        "no sharp edge anywhere",
        "lower clean.min_sharpness",
        lambda limits: pl.col("sharpness") < limits.min_sharpness * _FADING,
        _figure(pl.col("sharpness")),
        lambda figure, limits: f"sharpness {figure} < {limits.min_sharpness:g}",
    ),
    Rule(
        "placeholder",
        "its source shows the same picture on many pages",
        "set clean.placeholder: flag, or raise clean.placeholder_pages",
        lambda limits: pl.col("pages") >= limits.placeholder_pages,
        pl.col("pages").cast(pl.String),
        lambda pages, limits: f"{pages} pages ≥ {limits.placeholder_pages}",
        policy=lambda limits: limits.placeholder,
    ),
    Rule(
        "text-like",
        "lines of writing: a screenshot, a scan, a slide",
        "set clean.text_like: flag, or raise clean.text_lines",
        lambda limits: pl.col("text_lines") >= limits.text_lines,
        pl.col("text_lines").cast(pl.String),
        lambda lines, limits: f"{lines} lines ≥ {limits.text_lines}",
        policy=lambda limits: limits.text_like,
    ),
    Rule(
        "off-topic",
        "unlike all other pictures",
        "set clean.off_topic: flag, or raise clean.off_topic_strangeness",
        lambda limits: pl.col("strangeness") >= limits.off_topic_strangeness,
        _figure(pl.col("strangeness")),
        lambda figure, limits: f"{figure} ≥ {limits.off_topic_strangeness:g} deviations",
        policy=lambda limits: limits.off_topic,
    ),
    Rule(
        "same-pixels",
        "another file with exactly these pixels is kept",
        "add a source",
    ),
    Rule(
        "near-duplicate",
        "nearly the same as a picture that is kept",
        "lower clean.duplicate_radius",
    ),
)

REASONS: Final = tuple(rule.reason for rule in RULES)
BINDING: Final = frozenset(rule.reason for rule in RULES if rule.binds)
BY_REASON: Final = {rule.reason: rule for rule in RULES}
FLAGS: Final = tuple(rule.reason for rule in RULES if rule.policy)  # suspicions, by default flagged


def policies(limits: Clean) -> dict[str, str]:
    """What to do about each of FLAGS: flag, reject or ignore."""
    return {rule.reason: rule.policy(limits) for rule in RULES if rule.policy}
