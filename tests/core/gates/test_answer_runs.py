from itertools import groupby, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.gates import answer_runs


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_the_longest_run_is_found(said):
    length, start = answer_runs.longest(np.array(said))
    assert length == max(len(list(run)) for _, run in groupby(said))
    assert len(set(said[start : start + length])) == 1


def test_nothing_said_is_no_run():
    assert answer_runs.longest(np.zeros(0, dtype=np.int64)) == (0, 0)


def test_the_chance_is_that_of_all_orders():
    said = (0, 0, 0, 1, 1, 2)
    orders = list(permutations(said))
    exact = sum(answer_runs.longest(np.array(order)).length >= 3 for order in orders) / len(orders)
    found = [
        answer_runs.chance(np.array(said), np.zeros(6, dtype=np.int64), seed=seed, draws=2_000) for seed in range(200)
    ]
    assert np.median(found) == pytest.approx(exact, abs=0.03)


def test_somebody_who_clicks_on_without_looking_for_a_while_is_seen_and_a_page_of_one_class_is_not():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 200)
    clicking = truth.copy()
    clicking[80:110] = 3
    alike = np.zeros(200, dtype=np.int64)
    assert answer_runs.chance(clicking, alike, seed=1, draws=1_000) < 0.002
    assert answer_runs.chance(clicking, truth, seed=1, draws=1_000) < 0.002  # whatever a model guesses
    assert answer_runs.chance(truth, alike, seed=1, draws=1_000) > 0.01
    by_class = np.sort(truth)
    assert answer_runs.chance(by_class, alike, seed=1, draws=1_000) < 0.002
    assert answer_runs.chance(by_class, by_class, seed=1, draws=1_000) == 1  # as pages of one guess show them


@pytest.mark.parametrize("level", [0.01, 0.05])
def test_false_alarms_are_as_rare_as_the_level_says(level):
    rng = np.random.default_rng(1)
    chances = [
        answer_runs.chance(rng.integers(0, 3, 25), np.zeros(25, dtype=np.int64), seed=trial, draws=200)
        for trial in range(400)
    ]
    assert np.mean([chance <= level for chance in chances]) <= level + 3 * np.sqrt(level / 400)
