"""The gain of a strategy: as many labels of either kind, and an interval that holds the truth as often as it says."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.evaluation.strategy_gain import gain, trials

KINDS = st.sampled_from([("r01", "train"), ("r01", "control"), ("r02", "train"), ("r02", "control"), ("r02", "picked")])


def table(kinds):
    return pl.DataFrame(
        {
            "image_id": [str(number) for number in range(len(kinds))],
            "round": [name for name, _ in kinds],
            "role": ["control" if role == "control" else "train" for _, role in kinds],
        }
    )


def of_round(chosen, random):
    kinds = [("r02", "train")] * chosen + [("r02", "control")] * random
    return trials(table(kinds), "r02", [str(number) for number in range(chosen)], seed=0)


@given(st.lists(KINDS, min_size=1, max_size=40), st.integers(0, 99))
def test_a_model_learns_from_the_earlier_labels_and_a_block_of_its_own_kind(kinds, seed):
    by_strategy = [str(number) for number, kind in enumerate(kinds) if kind == ("r02", "train")]
    found = trials(table(kinds), "r02", by_strategy, seed=seed)
    own = {role: np.array([kind == ("r02", role) for kind in kinds]) for role in ("train", "control")}
    counts = [int(mask.sum()) for mask in own.values()]
    if not min(counts):
        assert found is None
        return
    assert found.k == min(counts)
    assert found.labels == sum(counts)
    earlier = np.array([name == "r01" for name, _ in kinds])
    sizes = [cuts * blocks for cuts, blocks in zip(found.cuts, found.blocks, strict=True)]
    assert len(found.weights) == sum(sizes)
    allowed = (own["train"], own["control"], own["train"] | own["control"])
    start = 0
    for size, blocks, mask in zip(sizes, found.blocks, allowed, strict=True):
        weights = found.weights[start : start + size]
        start += size
        assert (weights[:, earlier] == 1).all()
        assert (weights[:, mask].sum(axis=1) == found.k).all()
        assert not weights[:, ~(mask | earlier)].any()
        for first in range(0, size, blocks):  # blocks of one cut have nothing in common
            assert weights[first : first + blocks][:, mask].sum(axis=0).max() <= 1


def played(rng, found, effect, spread, pictures=60, shift=None):
    """Whether each model is right: its labels' worth against each picture's difficulty, and some luck."""
    worth = rng.normal(size=found.weights.shape[1]) * spread
    worth[: len(effect)] += effect
    score = found.weights @ worth / found.k
    difficulty = rng.normal(size=pictures)
    luck = rng.normal(size=(len(score), pictures)) * 0.5
    if shift is not None:  # what is chosen helps with some pictures and not with others
        share = found.weights[:, : len(effect)].sum(axis=1) / found.k
        luck = luck + share[:, None] * shift * rng.normal(size=pictures)
    return score[:, None] + luck > difficulty


@pytest.mark.parametrize(("chosen", "random"), [(40, 10), (80, 20), (20, 20), (10, 40), (90, 20)])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_without_a_difference_the_interval_holds_nothing_as_often_as_it_says(chosen, random, spread):
    """Nothing but chance between the two kinds: 95 % within two points, and what the simulation itself leaves open."""
    rng = np.random.default_rng(chosen + random)
    found, runs, held = of_round(chosen, random), 600, 0
    for _ in range(runs):
        one = gain(found, played(rng, found, np.zeros(chosen), spread))
        held += one.low <= 0 <= one.high
    # Two points, and twice the standard error of a share of 600 runs.
    assert 0.93 - 0.018 <= held / runs <= 0.97 + 0.018


def test_a_true_gain_is_seen_as_often_as_is_said_and_its_interval_holds_it():
    rng = np.random.default_rng(5)
    found, runs = of_round(80, 20), 300
    figures = [gain(found, played(rng, found, np.full(80, 0.8), 1.0, shift=0.3)) for _ in range(runs)]
    true = np.mean([one.gain for one in figures])
    assert np.mean([one.low <= true <= one.high for one in figures]) >= 0.92
    seen = np.mean([one.low > 0 for one in figures])
    detectable = np.mean([one.detectable for one in figures])
    assert (seen > 0.8) == (true > detectable)


def test_one_label_of_each_kind_shows_nothing():
    found = of_round(1, 1)
    one = gain(found, np.ones((len(found.weights), 5), dtype=bool))
    assert (one.k, one.gain, one.low, one.high, one.detectable) == (1, 0.0, -1.0, 1.0, 1.0)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9), st.integers(0, 999))
def test_figures_are_shares_and_the_interval_holds_the_estimate(chosen, random, pictures, seed):
    found = of_round(chosen, random)
    right = np.random.default_rng(seed).random((len(found.weights), pictures)) < 0.6
    one = gain(found, right)
    assert one.gain == pytest.approx(one.chosen - one.random)
    assert -1 <= one.low <= one.gain + 1e-9
    assert one.gain - 1e-9 <= one.high <= 1
    assert 0 <= one.detectable <= 1
    assert one.k == min(chosen, random)
