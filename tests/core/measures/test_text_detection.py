"""Lines of writing: pages that were drawn, photographs, products, and what must not matter."""

import numpy as np
import pytest
from benchmarks.pages import page
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from sklearn.datasets import load_sample_image

from silverprint.core.measures import gray_levels
from silverprint.core.measures.text_detection import count_text_lines

ANYTHING = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


@given(levels=ANYTHING)
def test_neither_a_turn_nor_a_mirror_nor_a_negative_matters(levels: np.ndarray) -> None:
    found = count_text_lines(levels)
    assert 0 <= found <= max(levels.shape) / 2 + 1
    for same in (levels.T, levels[::-1], levels[:, ::-1], np.rot90(levels), 255 - levels):
        assert count_text_lines(np.ascontiguousarray(same)) == found


@given(levels=ANYTHING.map(lambda levels: levels // 2), more=st.integers(0, 127))
def test_nor_does_the_light(levels: np.ndarray, more: int) -> None:
    assert count_text_lines(levels + np.uint8(more)) == count_text_lines(levels)


@given(level=st.integers(0, 255), steep=st.integers(0, 15), side=st.integers(3, 60))
def test_what_has_no_strokes_has_no_lines(level: int, steep: int, side: int) -> None:
    slope = (level + steep * np.arange(side)).clip(0, 255).astype(np.uint8)
    assert count_text_lines(np.tile(slope, (side, 1))) == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("count", [1, 4, 9])
def test_lines_are_counted(count: int, dark: bool) -> None:
    assert count_text_lines(page((256, 256), 14, dark=dark, most=count)) == count


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_photograph_has_few(name: str) -> None:
    photo = Image.fromarray(load_sample_image(name))
    for box in [(0, 0, 640, 427), (0, 200, 320, 427), (320, 0, 640, 213)]:
        crop = gray_levels.to_gray(np.asarray(photo.crop(box)))
        assert count_text_lines(gray_levels.shrink(crop)) < 6
