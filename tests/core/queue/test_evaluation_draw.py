"""Draw of evaluation pictures from strata: floors, known chances, nothing without a chance."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.evaluation import thinning
from silverprint.core.queue import evaluation_draw

SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(SIZES, st.data())
def test_an_allocation_has_a_floor_for_every_stratum_and_no_more_than_there_is(sizes, data):
    sizes = np.array(sizes)
    count = data.draw(st.integers(len(sizes), int(sizes.sum())))
    found = evaluation_draw.allocation(sizes, count)
    assert found.sum() == count
    assert (found >= np.minimum(sizes, np.maximum(1, np.floor(0.75 * count / len(sizes))))).all()
    assert (found <= sizes).all()
    assert (found >= np.minimum(sizes, np.floor(0.25 * count * sizes / sizes.sum()))).all()


def test_the_alike_get_alike_and_the_larger_no_less():
    assert evaluation_draw.allocation(np.array([50, 50, 50]), 30).tolist() == [10, 10, 10]
    assert evaluation_draw.allocation(np.array([1000, 100, 3]), 33).tolist() == [19, 11, 3]


def pool(strata, groups=None):
    ids = [f"{number:03}" for number in range(len(strata))]
    return pl.DataFrame({"image_id": ids, "group": groups or list(range(len(strata))), "stratum": strata})


@given(st.lists(st.sampled_from([0, 0, 0, 0, 4, 7]), min_size=12, max_size=60), st.integers(0, 99))
def test_each_picture_has_the_chance_that_its_stratum_was_given(strata, seed):
    rows = pool(strata)
    found = evaluation_draw.draw(rows, 6, seed)
    assert found.height == 6
    assert found["image_id"].n_unique() == 6
    for weight, stratum in found.select("weight", pl.col("image_id").cast(pl.Int64)).iter_rows():
        mine = [one == strata[stratum] for one in strata]
        drawn = sum(mine[int(name)] for name in found["image_id"])
        assert weight == pytest.approx(sum(mine) / drawn)
    assert found["weight"].sum() == pytest.approx(len(strata))


@pytest.mark.slow
def test_over_many_seeds_pictures_are_drawn_as_often_as_their_chance_says():
    rows = pool([0] * 40 + [1] * 5)
    times = np.zeros(45)
    for seed in range(200):
        found = evaluation_draw.draw(rows, 9, seed)
        times[found["image_id"].cast(pl.Int64).to_numpy()] += 1
    chances = dict(found.select(pl.col("image_id").cast(pl.Int64) >= 40, 1 / pl.col("weight")).iter_rows())
    assert times[:40].mean() / 200 == pytest.approx(chances[False])
    assert times[40:].mean() / 200 == pytest.approx(chances[True])
    for part, chance in ((times[:40], chances[False]), (times[40:], chances[True])):
        assert (np.abs(part / 200 - chance) < 5 * np.sqrt(chance * (1 - chance) / 200)).all()


def test_no_two_of_a_group_are_drawn_whatever_their_strata():
    rows = pool([0, 1] * 10, groups=[number // 2 for number in range(20)])
    found = evaluation_draw.draw(rows, 10, 1)
    assert found["group"].n_unique() == found.height == 10
    assert evaluation_draw.draw(rows, 0, 1).columns == [*rows.columns, "weight"]


def test_strata_of_guesses_are_the_classes_and_the_doubtful_ones_of_a_rarer_class():
    sure, doubtful, rare, unknown = [0.98, 0.01, 0.01], [0.8, 0.01, 0.19], [0.1, 0.0, 0.9], [0.0, 0.0, 0.0]
    found = evaluation_draw.by_guess(np.array([sure] * 20 + [doubtful] * 4 + [rare] * 2 + [unknown] * 6), 100)
    parts = np.split(found, [20, 24, 26])
    assert all(len(np.unique(part)) == 1 for part in parts)
    assert len({part[0] for part in parts}) == 4
    few = evaluation_draw.by_guess(np.eye(50)[np.arange(500) % 50], 70)
    assert few.max() + 1 == 10  # seven pictures for each stratum
    assert set(np.bincount(few)) == {50}


def test_strata_of_features_are_clusters():
    rng = np.random.default_rng(0)
    rows = np.concatenate(
        [rng.normal(10 * np.eye(3)[place], 0.1, size=(size, 3)) for place, size in enumerate((60, 60, 6))]
    )
    found = evaluation_draw.by_features(rows.astype(np.float16), 21, seed=1)
    assert found.max() + 1 == 3
    assert [len(np.unique(part)) for part in np.split(found, [60, 120])] == [1, 1, 1]
    assert evaluation_draw.by_features(rows[:1], 21, seed=1).tolist() == [0]


def test_thinning_leaves_a_uniform_draw():
    names = [f"{number:064x}" for number in range(3000)]
    inclusion = {name: (0.5, 0.1)[number % 2] for number, name in enumerate(names)}
    found = thinning.kept(names, inclusion)
    assert found[1::2].all()
    assert found[::2].mean() == pytest.approx(0.2, abs=0.04)
    assert thinning.kept(["other", *names[:2]], dict.fromkeys(names, 0.3)).all()
