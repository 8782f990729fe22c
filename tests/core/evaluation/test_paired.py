"""Two models on the same pictures: intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm
from sklearn.metrics import balanced_accuracy_score

from silverprint.core.evaluation import paired
from silverprint.core.evaluation.intervals import wilson

ROWS = st.lists(st.tuples(st.sampled_from(["coat", "shirt", "bag"]), st.booleans(), st.booleans()), min_size=1)
EVEN, TAIL = [15] * 10, [60, 35, 20, 12, 8, 5, 4, 3, 2, 2]


def columns(rows):
    return (np.array(column) for column in zip(*rows, strict=True))


@given(ROWS)
def test_with_equal_weights_a_share_is_the_plain_one_with_the_interval_of_wilson(rows):
    _, hits, _ = columns(rows)
    found = paired.share(hits, paired.equal_weights(len(hits)))
    assert found.value == pytest.approx(hits.mean())
    assert found[1:] == pytest.approx(wilson(int(hits.sum()), len(hits)))


@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn's, of classes that only one side has
@given(ROWS)
def test_with_balanced_weights_a_share_is_balanced_accuracy(rows):
    labels, hits, _ = columns(rows)
    found = paired.share(hits, paired.balanced_weights(labels))
    said = np.where(hits, labels, "nothing")
    assert found.value == pytest.approx(balanced_accuracy_score(labels, said))
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


@given(ROWS)
def test_a_gain_is_a_difference_of_shares_within_its_interval_and_a_loss_the_other_way(rows):
    labels, ours, theirs = columns(rows)
    for weights in (paired.equal_weights(len(labels)), paired.balanced_weights(labels)):
        found = paired.gain(ours, theirs, weights)
        back = paired.gain(theirs, ours, weights)
        assert found.value == pytest.approx(paired.share(ours, weights).value - paired.share(theirs, weights).value)
        assert -1 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1
        assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
        assert found.more_than_chance == back.more_than_chance


def against(won, lost, both):
    kinds = np.repeat([0, 1, 2], [won, lost, both])
    return kinds != 1, kinds != 0


@pytest.mark.parametrize("n", [60, 150, 300, 1000])
@pytest.mark.parametrize("differ", [0.02, 0.1, 0.4])
def test_of_equally_good_models_one_in_forty_seems_better_at_most(n, differ):
    """All outcomes by their probability, for models that differ on a share of the pictures."""
    outcomes = [(won, lost) for won in range(n // 2 + 1) for lost in range(min(won, n - won))]
    won, lost = np.array(outcomes).T
    a, b = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    better = a - b > norm.ppf(0.975) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    pairs = won + lost
    chances = binom.pmf(pairs, n, differ) * binom.pmf(won, pairs, 0.5)
    assert chances[better].sum() <= 0.0251
    for place in np.random.default_rng(0).choice(len(outcomes), 5):
        ours, theirs = against(won[place], lost[place], n - pairs[place])
        assert paired.gain(ours, theirs, paired.equal_weights(n)).more_than_chance == better[place]


def test_the_interval_of_a_gain_is_that_of_bonett_and_price():
    found = paired.gain(*against(20, 5, 75), paired.equal_weights(100))
    assert found == pytest.approx((0.15, 0.05137, 0.24275), abs=2e-5)  # by hand: 21/102, 6/102


@pytest.mark.parametrize("sizes", [EVEN, TAIL], ids=["even", "long tail"])
@pytest.mark.parametrize("spread", ["alike", "rare classes are harder"])
def test_intervals_hold_the_truth_as_often_as_they_say(sizes, spread):
    """Two models on pictures drawn anew each time; on a class each alone is right with a chance of its own."""
    rng = np.random.default_rng(7)
    share = np.array(sizes) / sum(sizes)
    harder = np.linspace(0.2, 1.8, 10) if spread != "alike" else np.ones(10)
    won, lost, both = 0.12 * harder, 0.06 * harder, 0.88 - 0.3 * harder
    truth = {
        "accuracy": share @ (won + both), "balanced": np.mean(won + both),
        "gain": share @ (won - lost), "balanced gain": np.mean(won - lost),
    }  # fmt: skip
    draws = 800
    held = dict.fromkeys(truth, 0)
    for _ in range(draws):
        labels = rng.choice(10, size=sum(sizes), p=share)
        chance = rng.random(len(labels))
        one = chance < won[labels]
        other = ~one & (chance < (won + lost)[labels])
        right = ~one & ~other & (chance < (won + lost + both)[labels])
        ours, theirs = one | right, other | right
        even, balanced = paired.equal_weights(len(labels)), paired.balanced_weights(labels)
        found = {
            "accuracy": paired.share(ours, even), "balanced": paired.share(ours, balanced),
            "gain": paired.gain(ours, theirs, even), "balanced gain": paired.gain(ours, theirs, balanced),
        }  # fmt: skip
        for name, one_figure in found.items():
            held[name] += one_figure.low <= truth[name] <= one_figure.high
    assert {name: n / draws for name, n in held.items() if n < 0.925 * draws} == {}
