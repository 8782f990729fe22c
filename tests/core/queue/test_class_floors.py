from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.queue.class_floors import pick_with_floors

NOBODY = pl.DataFrame({"predicted": [], "worth": []}, schema={"predicted": pl.String, "worth": pl.Float64})


def best(left, count, taken):
    order = np.argsort(-left["worth"].to_numpy(), kind="stable")[:count]
    return order, left["worth"].to_numpy()[order]


@st.composite
def pools(draw):
    predicted = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=40))
    worth = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).random(len(predicted))
    return pl.DataFrame({"predicted": predicted, "worth": worth}), draw(st.integers(0, len(predicted)))


@given(pools(), st.floats(0, 1))
def test_every_class_gets_its_floor_or_all_there_is(pool, share):
    left, count = pool
    places, values = pick_with_floors(left, count, NOBODY, share, best)
    assert len(set(places.tolist())) == len(places) == len(values) == count
    np.testing.assert_array_equal(values, left["worth"].to_numpy()[places])
    there, asked = Counter(left["predicted"]), Counter(left["predicted"][places])
    floor = int(share * count) // len(there)
    assert all(asked[name] >= min(floor, there[name]) for name in there)


@given(pools(), st.floats(0, 1))
def test_each_class_is_asked_about_its_best(pool, share):
    left, count = pool
    places, _ = pick_with_floors(left, count, NOBODY, share, best)
    for name in set(left["predicted"]):
        own = np.flatnonzero(left["predicted"] == name)
        number = len(set(own) & set(places))
        assert set(own[np.argsort(-left["worth"].to_numpy()[own])][:number]) == set(own) & set(places)


@given(pools())
def test_a_choice_that_meets_the_floors_is_left_alone(pool):
    left, count = pool
    free, _ = best(left, count, NOBODY)
    asked = Counter(left["predicted"][free])
    names = Counter(left["predicted"])
    share = min(asked[name] for name in names) * len(names) / max(1, count)
    places, _ = pick_with_floors(left, count, NOBODY, min(1.0, share), best)
    assert places.tolist() == free.tolist()


def test_without_a_model_there_are_no_floors():
    left = pl.DataFrame({"predicted": [None] * 9, "worth": np.arange(9.0)}, schema_overrides={"predicted": pl.String})
    assert pick_with_floors(left, 3, NOBODY, 1.0, best)[0].tolist() == [8, 7, 6]


def test_what_is_taken_is_told():
    left = pl.DataFrame({"predicted": [*"aaaa", "b"], "worth": [5.0, 4.0, 3.0, 2.0, 1.0]})
    told = []

    def choose(left, count, taken):
        told.append(taken["worth"].to_list())
        return best(left, count, taken)

    places, _ = pick_with_floors(left, 3, NOBODY, 1.0, choose)
    assert places.tolist() == [0, 1, 4]
    assert told == [[], [5.0, 4.0]]
