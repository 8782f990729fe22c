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
def test_they_are_nearly_those_of_most_pictures_so_turned(way):
    """Within the radius that `clean` looks in; some crops, of one even surface, have hashes that hang by a thread."""
    chance = np.random.default_rng(0)
    of_turned, of_plain = [], []
    for top, left, height, width in zip(
        *(chance.integers(low, high, 60) for low, high in ((0, 201), (0, 401), (100, 221), (100, 221))), strict=True
    ):
        levels = PHOTO[top : top + height, left : left + width]
        expected = hashed(TURNS[way](levels))
        of_turned.append(hashing.hamming(turned_hashes.turn_hashes(hashed(levels), way), expected)[0])
        of_plain.append(hashing.hamming(hashed(levels), expected)[0])
    assert np.mean(np.array(of_turned) <= 20) >= 0.9
    assert np.min(of_plain) > 60


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
