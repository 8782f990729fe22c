"""Evidence of the manifest in words: the figure that decided, and the limit that it crosses."""

from collections.abc import Callable
from typing import Final

from silverprint.config import Clean

# By reason; those left out have their evidence said as it is: a licence, an error, what was asked to be taken down.
_WORDS: Final[dict[str, Callable[[str, Clean], str]]] = {
    "license-unknown": lambda _, __: "no licence named",
    "too-small": lambda size, limits: f"side {min(size.split('x'), key=int)} < {limits.min_side}",
    "extreme-aspect": lambda figure, limits: f"aspect {figure} > {limits.max_aspect:g}",
    "flat": lambda figure, limits: f"contrast {figure} < {limits.min_contrast:g}",
    "too-dark": lambda figure, limits: f"brightness {figure} < {limits.min_brightness:g}",
    "too-bright": lambda figure, limits: f"brightness {figure} > {limits.max_brightness:g}",
    "blurred": lambda figure, limits: f"sharpness {figure} < {limits.min_sharpness:g}",
    "placeholder": lambda pages, limits: f"{pages} pages ≥ {limits.placeholder_pages}",
    "text-like": lambda lines, limits: f"{lines} lines ≥ {limits.text_lines}",
    "off-topic": lambda figure, limits: f"{figure} ≥ {limits.off_topic_strangeness:g} deviations",
}


def describe(reason: str, evidence: str, limits: Clean) -> str:
    """`evidence` for `reason`, as MANIFEST has both; a flag's figure likewise. "40x60" -> "side 40 < 48"."""
    return _WORDS[reason](evidence, limits) if reason in _WORDS else evidence
