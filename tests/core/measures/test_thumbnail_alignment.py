"""Residuals of aligned thumbnails: copies of a photograph against other photographs, and against look-alikes."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from silverprint.core.measures import gray_levels
from silverprint.core.measures.thumbnail_alignment import SIDE, residuals
from tests.helpers.album import tile

WAYS = {
    "itself": lambda picture: picture,
    "half as large": lambda picture: picture.resize((128, 128), Image.Resampling.LANCZOS),
    "cropped": lambda picture: picture.crop((0, 9, 248, 250)),
    "framed": lambda picture: ImageOps.expand(picture, 10, "white"),
    "stretched": lambda picture: picture.resize((300, 200)),
    "mirrored": ImageOps.mirror,
    "paler": lambda picture: ImageEnhance.Contrast(picture).enhance(0.6),
}


def thumbnail(picture: Image.Image) -> np.ndarray:
    return gray_levels.stretch_to_square(gray_levels.to_gray(np.asarray(picture)), SIDE)


def residual(left: Image.Image, right: Image.Image) -> float:
    [found] = residuals(np.stack([thumbnail(left), thumbnail(right)]), np.array([[0, 1]]))
    return float(found)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [0, 5])
def test_a_copy_is_nearly_explained_from_either_side(way: str, number: int) -> None:
    whole = tile(number, side=256)
    copy = WAYS[way](whole)
    assert residual(whole, copy) < 0.2
    assert residual(copy, whole) < 0.2


@pytest.mark.slow
def test_other_pictures_are_not() -> None:
    shown = np.stack([thumbnail(tile(number, side=256)) for number in range(0, 48, 5)])
    pairs = np.argwhere(np.triu(np.ones((len(shown), len(shown))), 1))
    assert residuals(shown, pairs).min() > 0.5


def test_empty_skies_do_not_agree_by_being_empty() -> None:
    """Two gradients with a little noise correlate almost perfectly; nothing says that they are one picture."""
    chance = np.random.default_rng(1)
    ramp = np.linspace(60, 200, SIDE)[:, None] + np.zeros((SIDE, SIDE))
    skies = np.stack([np.clip(ramp + chance.normal(0, 2, ramp.shape), 0, 255) for _ in range(2)]).astype(np.uint8)
    assert np.corrcoef(skies[0].ravel(), skies[1].ravel())[0, 1] > 0.99
    assert residuals(skies, np.array([[0, 1]]))[0] > 0.25


@pytest.mark.parametrize("levels", [0, 128])
def test_blank_thumbnails_and_no_pairs_are_answered(levels: int) -> None:
    blank = np.full((2, SIDE, SIDE), levels, dtype=np.uint8)
    assert residuals(blank, np.array([[0, 1]]))[0] > 1
    assert len(residuals(blank, np.empty((0, 2), dtype=np.int64))) == 0
