"""Pictures without their borders, and their hashes."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core import hashing
from silverprint.core.duplicates import look_alikes
from silverprint.core.measures import borders, thumbnail_alignment


def scene(seed: int, width: int, height: int) -> np.ndarray:
    """Smooth grey levels that vary along every edge."""
    rough = np.random.default_rng(seed).integers(0, 256, (7, 7)).astype(np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 999), st.integers(0, 255), st.lists(st.integers(0, 40), min_size=4, max_size=4), st.booleans()
)  # fmt: skip
def test_a_frame_and_bars_come_off_and_the_hash_is_that_of_the_picture(seed, level, widths, paper):
    picture = scene(seed, 120, 90)
    picture[[0, 0, -1, -1], [1, -2, 1, -2]] = 0, 255, 0, 255  # no edge of it is of one level
    picture[[1, -2, 1, -2], [0, 0, -1, -1]] = 0, 255, 255, 0
    framed = np.pad(picture, [widths[:2], widths[2:]], constant_values=level)
    if paper:
        framed = np.pad(framed, 9, constant_values=255 - level)
    found = borders.inner_box(framed)
    top, left, bottom, right = found or (0, 0, *framed.shape)
    shown = framed[top:bottom, left:right]
    distance = hashing.hamming(hashing.phash(shown, 256), hashing.phash(picture, 256))
    assert (found is None) == (shown.shape == framed.shape)
    assert distance <= 20


@pytest.mark.parametrize("levels", [
    np.zeros((0, 0)), np.zeros((1, 1)), np.full((1, 9), 7), np.full((30, 40), 200), np.eye(2) * 255, np.zeros((90, 2)),
    np.pad(np.full((2, 2), 255), 40),
])  # fmt: skip
def test_of_blank_pictures_and_dots_nothing_is_taken_for_the_picture(levels):
    assert borders.inner_box(levels.astype(np.uint8)) is None


def test_a_picture_without_borders_has_none():
    assert all(
        borders.inner_box(np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)) is None
        for seed in range(20)
    )


@pytest.mark.parametrize("level", [0, 128, 255])
def test_thumbnails_of_framed_and_letterboxed_copies_agree_and_of_others_do_not(level):
    one = scene(1, 240, 160)
    pictures = [one, np.pad(one, 24, constant_values=level), np.pad(one, [(40, 40), (0, 0)], constant_values=level)]
    pictures.append(np.pad(scene(2, 240, 160), 24, constant_values=level))
    boxes = np.array(
        [np.array(borders.inner_box(each) or (0, 0, *each.shape)) / np.tile(each.shape, 2) for each in pictures]
    )
    small = np.stack([cv2.resize(each, (48, 48), interpolation=cv2.INTER_AREA) for each in pictures])
    pairs = np.array([[0, 1], [0, 2], [1, 2], [1, 3]])
    unlike = look_alikes.THUMBNAILS_WEIGH * thumbnail_alignment.residuals(borders.crop_to_boxes(small, boxes), pairs)
    assert (unlike[:3] <= 1).all()
    assert unlike[3] > 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_border_with_the_noise_of_compression_is_one(level):
    """Also where the noise is darker than the level in the middle of the first row."""
    picture = np.pad(scene(4, 60, 60), 12, constant_values=level).astype(np.int64)
    noise = np.random.default_rng(1).integers(-9, 10, picture.shape)
    assert borders.inner_box(np.clip(picture + noise, 0, 255).astype(np.uint8)) is not None
