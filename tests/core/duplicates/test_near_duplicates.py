"""Who stands for whom among pictures that are nearly the same, by their hashes and their colours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.duplicates import colour_agreement, near_duplicates
from silverprint.core.duplicates.near_duplicates import Sameness, components, representatives
from silverprint.core.hashing import hamming
from tests.helpers.examples import fewer

INKS = [(200, 30, 30), (30, 160, 60), (30, 90, 200)]


def painted(*inks: int) -> np.ndarray:
    """A miniature of one colour for each; -1 is none."""
    found = np.zeros((len(inks), colour_agreement.SIDE, colour_agreement.SIDE, 3), dtype=np.uint8)
    found[:] = np.array(INKS, dtype=np.uint8)[list(inks)][:, None, None]
    return found


def known(hashes: list[int], inks: list[int], radius: int) -> Sameness:
    words = np.array(hashes, dtype=np.uint64).reshape(-1, 1)
    every = np.arange(len(hashes))
    by_hash = Sameness.by_hash(words, every, len(hashes), radius)
    places = np.where(np.isin(every, by_hash.suspects()) & (np.array(inks, dtype=np.int64) >= 0), every, -1)
    return by_hash.seen(places, painted(*inks))


@pytest.mark.slow
@fewer(2)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(-1, 2)), max_size=60), st.integers(0, 3), st.randoms())
def test_each_stands_for_itself_or_gives_way_to_the_best_kept_one_near_it(pictures, radius, random):
    hashes, inks = [list(column) for column in zip(*pictures, strict=True)] or [[], []]
    order = random.sample(range(len(pictures)), len(pictures))
    words = np.array(hashes, dtype=np.uint64).reshape(-1, 1)
    by = representatives(known(hashes, inks, radius), np.array(order, dtype=np.int64))
    kept: list[int] = []
    for row, stand_in in zip(order, by.tolist(), strict=True):
        near = [
            other for other in kept
            if hamming(words[row], words[other]) <= radius and inks[row] == inks[other] != -1
        ]  # fmt: skip
        assert stand_in == (near[0] if near else row)
        if not near:
            kept.append(row)


def test_the_end_of_a_chain_is_not_dropped_for_its_far_head_and_is_linked_to_it():
    chain = known([0b000, 0b001, 0b011], [0, 0, 0], 1)
    assert representatives(chain, np.array([0, 1, 2])).tolist() == [0, 0, 2]
    assert components(known([0b000, 0b001, 0b011, 0b011], [0, 0, 0, 1], 2)).tolist() == [0, 0, 0, 3]


def test_only_who_has_a_neighbour_by_hash_is_looked_at():
    assert Sameness.by_hash(
        np.array([[1], [2**60], [2], [2**60], [255 << 40]], dtype=np.uint64), np.arange(5), 5, 2
    ).suspects().tolist() == [0, 1, 2, 3]
    assert Sameness.by_hash(np.array([[7], [7]], dtype=np.uint64), np.array([1, 3]), 5, 0).suspects().tolist() == [1, 3]


def test_a_crowd_under_one_hash_is_compared_with_a_bounded_number(monkeypatch: pytest.MonkeyPatch):
    many = known([5] * 2000, [number % 3 for number in range(2000)], 0)
    assert sorted(set(representatives(many, np.arange(2000)).tolist())) == [0, 1, 2]
    assert near_duplicates._MOST >= 100


@pytest.mark.parametrize(
    "changed", [lambda levels: levels // 2 + 20, lambda levels: levels[..., ::-1].copy(), lambda levels: 255 - levels]
)
def test_another_light_another_hue_and_a_negative_are_no_copies(changed):
    levels = np.random.default_rng(3).integers(0, 200, (40, 60, 3)).astype(np.uint8)
    blocks = levels[::10, ::15].repeat(10, axis=0).repeat(15, axis=1)
    assert (
        colour_agreement.difference(colour_agreement.miniature(blocks), colour_agreement.miniature(changed(blocks)))
        > colour_agreement.LIMIT
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(1, 1.14), st.floats(0.5, 1))
def test_brighter_and_paler_copies_are_copies_whichever_comes_first(seed, light, colour):
    levels = (
        np.random.default_rng(seed)
        .integers(0, 256, (colour_agreement.SIDE, colour_agreement.SIDE, 3))
        .astype(np.float64)
    )
    luma = levels @ [0.299, 0.587, 0.114]
    pale = luma[..., None] + colour * (levels - luma[..., None])
    one = colour_agreement.miniature(levels.astype(np.uint8))
    for other in (np.clip(light * levels, 0, 255), pale):
        copy = colour_agreement.miniature(other.astype(np.uint8))
        assert colour_agreement.difference(one, copy) == pytest.approx(colour_agreement.difference(copy, one))
        assert colour_agreement.difference(one, copy) <= colour_agreement.LIMIT
    assert colour_agreement.difference(one, one) == 0


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(60, 300), st.floats(4, 20))
def test_another_hue_is_another_picture_however_pale(seed, degrees, strength):
    """Chroma of `strength` levels, turned: no cell is far off, and all are in one direction."""
    generator = np.random.default_rng(seed)
    luma, way = (
        generator.uniform(60, 150, (colour_agreement.SIDE, colour_agreement.SIDE)),
        generator.uniform(0, 2 * np.pi),
    )
    one, other = (colour_agreement.miniature(tinted(luma, strength, way + turn)) for turn in (0, np.radians(degrees)))
    assert colour_agreement.difference(one, other) > colour_agreement.LIMIT


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0, 360))
def test_a_grey_picture_is_the_same_in_any_faint_tint(seed, degrees):
    luma = np.random.default_rng(seed).uniform(60, 150, (colour_agreement.SIDE, colour_agreement.SIDE))
    one, other = (colour_agreement.miniature(tinted(luma, 1.0, way)) for way in (0, np.radians(degrees)))
    assert colour_agreement.difference(one, other) <= colour_agreement.LIMIT


def tinted(luma: np.ndarray, strength: float, way: float) -> np.ndarray:
    """RGB of grey levels with one chroma everywhere."""
    blue, red = luma + strength * np.cos(way) / 0.564, luma + strength * np.sin(way) / 0.713
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)
