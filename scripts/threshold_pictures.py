"""Draws what each threshold of `clean` rejects, just beyond it and just within it, from scikit-learn's two photographs.

    python scripts/threshold_pictures.py

Writes docs/pictures/thresholds.png by the rules and the params.yaml here; the same input gives the same bytes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images

from silverprint import config
from silverprint.adapters.plots import overview_strip
from silverprint.adapters.plots.thumbnails import thumbnail
from silverprint.config import Clean
from silverprint.core.cleaning.rules import BY_REASON
from silverprint.core.measures import gray_levels, image_quality

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = ROOT / "docs" / "pictures" / "thresholds.png"
STEPS: Final = 24  # halvings: finer than a grey level makes a difference

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB


def _grey(levels: NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _smaller(picture: Pixels, much: float) -> Pixels:
    height, width = picture.shape[:2]
    size = (max(1, round(width * (1 - much))), max(1, round(height * (1 - much))))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _narrower(picture: Pixels, much: float) -> Pixels:
    height = picture.shape[0]
    rest = max(1, round(height * (1 - much)))
    top = (height - rest) // 2
    return picture[top : top + rest]


def _flatter(picture: Pixels, much: float) -> Pixels:
    mean = picture.mean(axis=(0, 1))
    return _grey(mean + (picture - mean) * (1 - much))


def _darker(picture: Pixels, much: float) -> Pixels:
    """Only the lights are left, as at night; a picture that faded as a whole would be `flat` before it is dark."""
    return _grey(picture - 255 * much)


def _brighter(picture: Pixels, much: float) -> Pixels:
    """The photograph shrinks on a white page, for the same reason."""
    page, small = np.full_like(picture, 255), _smaller(picture, much)
    page[: small.shape[0], : small.shape[1]] = small
    return page


def _blurred(picture: Pixels, much: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.1 + 100 * much), dtype=np.uint8)


# By the reason that each leads to, in the order of the rules; `much` is 0 (the photograph itself) to 1.
SPOILED: Final[dict[str, Callable[[Pixels, float], Pixels]]] = {
    "too-small": _smaller,
    "extreme-aspect": _narrower,
    "flat": _flatter,
    "too-dark": _darker,
    "too-bright": _brighter,
    "blurred": _blurred,
}


def main() -> None:
    limits = config.load(ROOT / "params.yaml").clean
    photographs = [np.asarray(picture, dtype=np.uint8) for picture in load_sample_images().images]
    kept, rejected = [], []
    for reason in SPOILED:
        pairs = [_border(picture, reason, limits) for picture in photographs]
        kept.append(_row(reason, [within for within, _ in pairs], limits))
        rejected.append(_row(reason, [beyond for _, beyond in pairs], limits))
    columns = [
        overview_strip.Column("Kept", "just within each threshold", kept),
        overview_strip.Column("Rejected", "just beyond it", rejected),
    ]
    overview_strip.draw(columns, PICTURE)


def _row(reason: str, pictures: list[Pixels], limits: Clean) -> overview_strip.Row:
    evidence = " · ".join(_judged(picture, limits)[reason][1] for picture in pictures)
    return overview_strip.Row([thumbnail(picture, overview_strip.TILE) for picture in pictures], reason, evidence)


def _border(picture: Pixels, reason: str, limits: Clean) -> tuple[Pixels, Pixels]:
    """The most spoiled picture that `reason` lets pass, and the least spoiled one that it rejects.

    Raises:
        ValueError: an earlier rule rejects the picture, so that nobody would read this reason.
    """
    low, high = 0.0, 0.99
    for _ in range(STEPS):
        middle = (low + high) / 2
        if _judged(SPOILED[reason](picture, middle), limits)[reason][0]:
            high = middle
        else:
            low = middle
    within, beyond = SPOILED[reason](picture, low), SPOILED[reason](picture, high)
    first = [next((name for name, (bad, _) in _judged(at, limits).items() if bad), None) for at in (within, beyond)]
    if first != [None, reason]:
        raise ValueError(f"{reason}: the rules say {first} around its threshold")
    return within, beyond


def _judged(picture: Pixels, limits: Clean) -> dict[str, tuple[bool, str]]:
    """reason -> whether its rule rejects the picture, and the evidence; in the order of the rules."""
    height, width = picture.shape[:2]
    found = image_quality.figures_of(gray_levels.to_gray(picture))
    facts = {"width": width, "height": height, "frames": 1, "decodable": True, "error": "", "license": "CC0-1.0"}
    row = pl.DataFrame([{**facts, **vars(found)}])
    found = {}
    for reason in SPOILED:
        rule = BY_REASON[reason]
        if rule.rejects and rule.evidence is not None:
            found[reason] = row.select(rule.rejects(limits).alias("bad"), rule.evidence.alias("why")).row(0)
    return found


if __name__ == "__main__":
    main()
