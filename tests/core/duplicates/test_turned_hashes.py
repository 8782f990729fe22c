"""Hashes of turned, mirrored and inverted pictures, from the hash of the picture as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_image

from silverprint.core import hashing
from silverprint.core.duplicates import near_others, turned_hashes
from silverprint.core.measures.gray_levels import to_gray

PHOTO = to_gray(load_sample_image("china.jpg"))
TURNS = {
    "quarter": lambda levels: np.rot90(levels),
    "half": lambda levels: np.rot90(levels, 2),
    "mirrored": lambda levels: levels[:, ::-1],
    "inverted": lambda levels: 255 - levels,
}


def hashed(levels: np.ndarray) -> np.ndarray:
    return hashing.phash(np.ascontiguousarray(levels), 256)[None]


@pytest.mark.parametrize("way", turned_hashes.WAYS)
@settings(deadline=None, max_examples=15)
@given(top=st.integers(0, 200), left=st.integers(0, 400), height=st.integers(100, 220), width=st.integers(100, 220))
def test_they_are_nearly_those_of_the_picture_so_turned(way, top, left, height, width):
    levels = PHOTO[top : top + height, left : left + width]
    expected = hashed(TURNS[way](levels))
    assert hashing.hamming(turned_hashes.turn_hashes(hashed(levels), way), expected)[0] <= 48
    assert hashing.hamming(hashed(levels), expected)[0] > 90


@pytest.mark.parametrize("way", turned_hashes.WAYS)
def test_thumbnails_go_the_same_way(way):
    side = PHOTO[:96, :96]
    assert (turned_hashes.turn_thumbnails(side[None], way)[0] == TURNS[way](side)).all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 63), st.integers(0, 3)), max_size=40), st.integers(0, 4))
def test_near_others_against_brute_force(rows, radius):
    words = np.array(rows, dtype=np.uint64).reshape(-1, 3)
    hashes, others, parts = words[:, :1], words[:, 1:2], words[:, 2].astype(np.int64)
    near = hashing.hamming(hashes[:, None], others[None]) <= radius
    expected = np.argwhere(near & (parts[:, None] != parts[None])).tolist()
    assert near_others(hashes, others, radius, parts, 10_000).tolist() == expected
    few = near_others(hashes, others, radius, parts, 3).tolist()
    assert len(few) == min(3, len(expected))
    assert all(pair in expected for pair in few)
