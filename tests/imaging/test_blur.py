"""Blurred boxes: nothing else of a picture changes, and next to nothing of what was there is left."""

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from silverprint.imaging import blur
from silverprint.store.traces.contents import Look
from silverprint.store.traces.needles import Needles
from tests.helpers.album import jpeg, tile

SIDE = 120
SHARE = st.floats(0, 1)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@given(SHARE, SHARE, SHARE, SHARE)
def test_outside_of_a_box_and_its_margin_nothing_changes(left: float, top: float, right: float, bottom: float) -> None:
    left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
    before = noise(0)
    after = blur.blurred(before, blur.written([(left, top, right, bottom)]))
    assert (after.shape, after.dtype) == (before.shape, before.dtype)
    aside, above = 0.25 * (right - left), 0.25 * (bottom - top)
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    rows = slice(max(0, int((top - above) * SIDE) - 1), int((bottom + above) * SIDE) + 2)
    inside[rows, max(0, int((left - aside) * SIDE) - 1) : int((right + aside) * SIDE) + 2] = True
    assert np.array_equal(after[~inside], before[~inside])


def test_what_was_there_is_gone_and_others_of_its_colours_look_the_same() -> None:
    box = blur.written([(0.25, 0.25, 0.75, 0.75)])
    one, other = (blur.blurred(noise(seed), box)[30:90, 30:90].astype(float) for seed in (1, 2))
    assert noise(1)[30:90, 30:90].std() > 70
    assert one.std() < 10
    assert np.abs(one - other).mean() < 10


def test_every_face_is_blurred_also_on_the_edge() -> None:
    after = blur.blurred(noise(3), blur.written([(0, 0, 0.2, 0.2), (0.8, 0.8, 1, 1)])).astype(float)
    assert after[:24, :24].std() < 20
    assert after[-24:, -24:].std() < 20
    assert after[50:70, 50:70].std() > 60


def test_the_file_names_its_picture_for_a_purge() -> None:
    name = "a" * 64
    data = blur.blurred_jpeg(name, jpeg(tile(0)), "0.2,0.2,0.6,0.6")
    with Image.open(io.BytesIO(data)) as made:
        assert (made.format, made.size) == ("JPEG", tile(0).size)
    assert Look([Needles(name, {}, frozenset())]).at(io.BytesIO(data)).gone
    assert not Look([Needles("b" * 64, {}, frozenset())]).at(io.BytesIO(data)).gone
