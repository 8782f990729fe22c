import numpy as np
import polars as pl
import pytest
from scipy.stats import fisher_exact

from silverprint.core.gates.class_drift import drift


def labels(**counts: int) -> pl.Series:
    return pl.Series([label for label, n in counts.items() for _ in range(n)], dtype=pl.String)


@pytest.mark.parametrize(("now", "before"), [((8, 2), (3, 9)), ((5, 5), (5, 5)), ((0, 6), (6, 1))])
def test_with_two_labels_the_chance_is_that_of_an_exact_test(now, before):
    found = drift(labels(bag=now[0], coat=now[1]), labels(bag=before[0], coat=before[1]), seed=0)
    exact = fisher_exact([now, before]).pvalue
    assert found.chance == pytest.approx(exact, abs=0.02)


def test_it_names_the_label_whose_share_moved_most():
    found = drift(labels(bag=40, coat=10, hat=10), labels(bag=10, coat=40, hat=10), seed=0)
    assert found.chance < 0.001
    assert (found.label, found.now, found.before) == ("bag", 40 / 60, 10 / 60)
    assert str(found).startswith("bag is 66.7% of the random pictures, 16.7% in the round before")


def test_labels_that_are_alike_or_missing_say_nothing():
    assert drift(labels(bag=5), labels(bag=9), seed=0).chance == 1
    assert drift(labels(bag=5), labels(), seed=0) is None
    assert drift(pl.Series([None, None], dtype=pl.String), labels(bag=9), seed=0) is None


def test_a_class_that_only_one_draw_has_is_counted():
    assert drift(labels(bag=30, hat=30), labels(bag=30, coat=30), seed=0).chance < 0.001


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_the_level_says():
    rng = np.random.default_rng(0)
    draws = (pl.Series(rng.choice(list("abcdef"), size).tolist()) for _ in range(200) for size in (40, 60))
    chances = [drift(now, before, seed=0).chance for now, before in zip(draws, draws, strict=True)]
    assert np.mean(np.array(chances) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 / 200)
