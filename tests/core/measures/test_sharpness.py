"""Sharpness against its plain definition."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from silverprint.core.measures.image_quality import sharpness

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)


@given(arrays.arrays(np.uint8, SHAPES, elements=st.one_of(st.integers(0, 255), st.sampled_from([0, 255]))))
def test_it_is_the_variance_of_opencvs_laplacian(levels: NDArray[np.uint8]) -> None:
    assert sharpness(levels) == pytest.approx(cv2.Laplacian(levels, cv2.CV_64F, ksize=1).var(), abs=1e-9)


def test_a_wide_chequerboard_does_not_overflow() -> None:
    levels = (np.indices((3, 1024)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert sharpness(levels) == pytest.approx(cv2.Laplacian(levels, cv2.CV_64F, ksize=1).var())
