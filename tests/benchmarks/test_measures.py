import numpy as np
import pytest
from benchmarks.label_efficiency import measures
from hypothesis import given
from hypothesis import strategies as st

shares = st.floats(0, 1, allow_subnormal=False)
BUDGETS = np.arange(20, 401, 20)


@st.composite
def curves(draw):
    """Rising curves of some seeds."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return np.sort(rng.random((draw(st.integers(2, 6)), len(BUDGETS))), axis=1)


@given(st.dictionaries(st.text(max_size=3), shares, min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_keeps_their_order_and_rejects_as_the_definition_says(found):
    adjusted = measures.holm(found)
    ranked = sorted(found, key=found.__getitem__)
    assert all(found[name] <= adjusted[name] <= min(1, len(found) * max(found.values())) + 1e-12 for name in found)
    assert [adjusted[name] for name in ranked] == sorted(adjusted.values())
    rejected = []
    for rank, name in enumerate(ranked):
        if found[name] * (len(ranked) - rank) > 0.05:
            break
        rejected.append(name)
    assert {name for name in found if adjusted[name] <= 0.05} == set(rejected)


@given(curves(), curves())
def test_cells_are_won_or_lost(one, other):
    size = min(len(one), len(other))
    assert measures.cells_won(one[:size], other[:size]) + measures.cells_won(other[:size], one[:size]) == pytest.approx(
        1
    )


@given(curves(), st.sampled_from([40, 100, 200, 390]))
def test_a_curve_needs_as_many_labels_as_itself(one, at):
    assert measures.labels_ratio(one, one, BUDGETS, at) == pytest.approx(1, rel=1e-6)


def test_labels_to_a_target_before_the_first_budget_between_two_and_never():
    base = np.linspace(0.0, 0.95, 20)[None]
    assert measures.labels_ratio(base + 0.5, base, BUDGETS, 100) == 5.0
    assert measures.labels_ratio(base + 0.05, base, BUDGETS, 100) == pytest.approx(100 / 80)
    assert np.isnan(measures.labels_ratio(base - 0.1, base, BUDGETS, 400))


@pytest.mark.slow
def test_the_interval_holds_the_true_mean_nineteen_times_of_twenty():
    drawn = np.random.default_rng(0).normal(1.0, 2.0, size=(2_000, 8))
    ends = np.array([measures.interval(row)[1:] for row in drawn])
    assert 0.935 < ((ends[:, 0] < 1) & (ends[:, 1] > 1)).mean() < 0.965


def test_one_seed_has_no_interval_and_no_test():
    assert np.isnan(measures.interval(np.array([1.0]))[1:]).all()
    assert measures.p_value(np.array([1.0])) == 1.0


def test_the_gap_is_closed_between_none_and_all():
    base, bound = np.zeros((2, 3)), np.ones((2, 3))
    assert [measures.gap_closed(own, base, bound) for own in (base, bound, bound / 4)] == [0, 1, 0.25]


def test_balanced_accuracy_weighs_classes_alike():
    truth = np.array([0, 0, 0, 1])
    assert measures.balanced_accuracy(np.zeros(4, dtype=np.int64), truth) == 0.5
