"""Growth of the evaluation set: later images have the chance of the first, or a weight that says what they lack."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.queue import roles
from silverprint.core.queue.evaluation_growth import WHAT, joining

MANY = 10_000


def images(numbers, groups=None):
    return pl.DataFrame({"image_id": [f"{number:05}" for number in numbers], "group": groups or list(numbers)})


def drawn(pool, count, seed):
    rows = roles.draw(pool, count, seed, WHAT)
    return rows.with_columns(seed=pl.lit(seed, pl.Int64), weight=pl.lit(None, pl.Float64))


def left(pool, *taken):
    for rows in taken:
        pool = roles.drop_groups(pool, rows)
    return pool


@pytest.mark.slow
@given(st.integers(2, 60), st.integers(0, 60), st.data())
def test_with_those_that_join_it_is_the_draw_that_the_larger_pool_had_given(before, later, data):
    count, seed = data.draw(st.integers(1, before)), data.draw(st.integers(0, 2**32 - 1))
    first = drawn(images(range(before)), count, seed)
    pool = images(range(before + later))
    joined = joining(left(pool, first), first, MANY)
    whole = roles.draw(pool, count + joined.height, seed, WHAT)
    assert {*first["image_id"], *joined["image_id"]} == {*whole["image_id"]}
    assert joined["weight"].null_count() == joined.height
    again = pl.concat([first, joined.with_columns(seed=pl.lit(0, pl.Int64)).select(first.columns)])
    assert joining(left(pool, first, joined), again, MANY).is_empty()


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40))
def test_one_of_a_group_joins(groups):
    first = drawn(images(range(1000, 1040)), 20, 3)
    joined = joining(images(range(len(groups)), groups), first, MANY)
    assert joined["group"].is_unique().all()


def test_more_than_are_wanted_join_at_a_lower_rate_that_stays_for_the_rounds_to_come():
    first = drawn(images(range(100)), 50, 7)
    second = joining(left(images(range(2000)), first), first, 80)
    assert second.height == 80
    weight = second["weight"][0]
    assert second["weight"].unique().to_list() == [weight]
    assert weight == pytest.approx(950 / 80, rel=0.3)  # about 950 of 1,900 would have been drawn
    then = pl.concat([first, second.with_columns(seed=pl.lit(1, pl.Int64)).select(first.columns)])
    assert joining(left(images(range(2000)), first, second), then, 80).is_empty()
    third = joining(left(images(range(3000)), first, second), then, 80)
    assert 20 < third.height < 80
    assert third["weight"].unique().to_list() == [weight]
    assert third["image_id"].cast(pl.Int64).min() >= 2000


@pytest.mark.slow
def test_shares_of_the_grown_pool_are_estimated_without_a_bias():
    found = []
    for seed in range(300):
        first = drawn(images(range(60)), 30, seed)
        joined = joining(left(images(range(300)), first), first, 25)
        weights = np.concatenate([np.ones(first.height), joined["weight"].fill_null(1.0).to_numpy()])
        is_later = np.concatenate([np.zeros(first.height), np.ones(joined.height)])
        found.append(np.average(is_later, weights=weights))
    assert np.mean(found) == pytest.approx(240 / 300, abs=0.01)


def test_nothing_joins_a_draw_from_strata_or_none_or_where_none_are_wanted():
    first = drawn(images(range(100)), 50, 7)
    arrivals = images(range(100, 200))
    assert joining(arrivals, first.with_columns(weight=2.0), MANY).is_empty()
    assert joining(arrivals, first.head(0), MANY).is_empty()
    assert joining(arrivals, first, 0).is_empty()
    assert joining(arrivals.head(0), first, MANY).is_empty()
