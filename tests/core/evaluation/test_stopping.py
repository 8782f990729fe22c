"""Whether to stop: gains on the same pictures, agreement beyond chance, and what they say together."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from silverprint.core.evaluation import paired, stopping
from silverprint.core.evaluation.stopping import Stability, Step
from silverprint.core.votes import labelling_effort

NAMES = st.lists(st.tuples(*[st.sampled_from(["coat", "shirt", "bag"])] * 3), min_size=1, max_size=40)
STILL, MOVED = Stability(2000, 0.996, 0.995), Stability(2000, 0.91, 0.9)
SAME = Step(pictures=1000, gain=0.0, low=-0.002, high=0.002, stability=STILL)


@given(NAMES)
def test_a_step_is_the_difference_of_two_accuracies_within_its_interval(rows):
    labels, before, after = (np.array(column) for column in zip(*rows, strict=True))
    found = stopping.step(labels, before, after, None)
    assert found.gain == pytest.approx((after == labels).mean() - (before == labels).mean())
    assert -1 <= found.low <= found.gain + 1e-9
    assert found.gain - 1e-9 <= found.high <= 1
    assert (found.gain, found.low, found.high) == paired.gain(
        after == labels, before == labels, paired.equal_weights(len(labels))
    ), "one interval for one thing, wherever it is told"
    back = stopping.step(labels, after, before, None)
    assert back.gain == pytest.approx(-found.gain)


@given(NAMES)
def test_stability_is_of_the_pictures_that_both_predicted(rows):
    one, other, _ = (np.array(column) for column in zip(*rows, strict=True))
    found = stopping.stability(one, other)
    assert (found.pictures, found.kappa) == (len(one), stopping.cohens_kappa(one, other))
    assert found.agreement == pytest.approx((one == other).mean())
    assert stopping.stability(one[:0], other[:0]) is None


@given(st.sets(st.integers(0, 10**9), max_size=3000), st.randoms())
def test_a_stop_set_hardly_moves_with_its_pool(numbers, random):
    pool = [f"{number:064x}" for number in numbers]
    found = stopping.stop_set(pool)
    assert len(found) == min(len(pool), stopping.STOP_SET)
    random.shuffle(pool)
    assert stopping.stop_set(pool) == found
    assert set(found) - set(pool[:1]) <= set(stopping.stop_set(pool[1:]))


@given(NAMES)
def test_kappa_is_that_of_scikit_learn(rows):
    one, other, _ = (np.array(column) for column in zip(*rows, strict=True))
    found = stopping.cohens_kappa(one, other)
    assert found <= 1
    assert stopping.cohens_kappa(one, one) == 1
    if len(set(one) | set(other)) > 1:
        assert found == pytest.approx(cohen_kappa_score(one, other))


def test_a_campaign_stops_only_where_all_of_the_last_rounds_stand_still():
    gained = Step(1000, 0.03, 0.01, 0.05, MOVED)
    lost = Step(1000, -0.03, -0.05, -0.01, MOVED)
    noisy = Step(100, 0.01, -0.04, 0.06, STILL)
    moving = Step(1000, 0.0, -0.002, 0.002, MOVED)
    assert stopping.verdict([]) == "undecided"
    assert stopping.verdict([SAME]) == "undecided"
    assert stopping.verdict([gained, SAME, SAME]) == "stop"
    assert stopping.verdict([SAME, SAME, gained]) == "go on"
    assert stopping.verdict([SAME, SAME, lost]) == "look first"
    for high, said in ((0.0099, "stop"), (0.0101, "undecided")):  # a plateau is less than one point
        flat = replace(SAME, high=high)
        assert stopping.verdict([flat, flat]) == said
        assert stopping.verdict([SAME, flat]) == said
    for kappa, said in ((0.9901, "stop"), (0.9899, "undecided")):
        calm = replace(SAME, stability=replace(STILL, kappa=kappa))
        assert stopping.verdict([SAME, calm]) == said
    unknown = replace(SAME, stability=None)
    for unsure in (noisy, moving, unknown):
        assert stopping.verdict([SAME, unsure]) == "undecided"
        assert stopping.verdict([unsure, SAME]) == "undecided"


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e7)), max_size=50))
def test_lead_times_are_capped_and_none_is_lost(times):
    said = pl.Series("lead_time_s", times, dtype=pl.Float64)
    found = labelling_effort.capped_seconds(said)
    known = said.drop_nulls()
    assert found.len() == known.len()
    if known.len():
        assert found.max() <= labelling_effort.CAP * known.median() * (1 + 1e-12)
        assert (found <= known).all()


def test_who_went_to_lunch_does_not_make_a_campaign_dear():
    assert labelling_effort.capped_seconds(pl.Series([2.0, 2.0, None, 2.0, 3600.0])).to_list() == [2.0, 2.0, 2.0, 20.0]
