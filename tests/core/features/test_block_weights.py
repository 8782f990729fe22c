import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.features import block_weights
from silverprint.core.features.block_weights import (
    LESS,
    choices,
    choose_weights,
    column_scales,
    describe,
    left_out_error,
)

BLOCKS = {"final": slice(0, 3), "middle": slice(3, 8)}


def plain(rows: np.ndarray, targets: np.ndarray, penalty: float) -> float:
    """Ridge regression on all rows but one, for each."""
    wide = np.column_stack([rows / np.sqrt(np.square(rows).sum(axis=1).mean()), np.ones(len(rows))])
    errors = []
    for out in range(len(rows)):
        kept = np.arange(len(rows)) != out
        x, y = wide[kept], targets[kept]
        weight = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
        errors.append(np.square(wide[out] @ weight - targets[out]).sum())
    return float(np.mean(errors))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 20), st.integers(1, 6))
def test_the_left_out_error_is_that_of_leaving_each_out(seed, n, d):
    rng = np.random.default_rng(seed)
    rows, targets = rng.normal(size=(n, d)), np.eye(3)[rng.integers(0, 3, n)]
    expected = min(plain(rows, targets, penalty) for penalty in block_weights._PENALTIES)
    assert left_out_error(rows @ rows.T, targets) == pytest.approx(expected, rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_any_labels_give_a_choice_that_their_order_does_not_change(seed, n):
    rng = np.random.default_rng(seed)
    rows, labels = rng.normal(size=(n, 8)).astype(np.float16), rng.integers(0, 3, n)
    found = choose_weights(rows, labels, BLOCKS)
    assert found in choices(tuple(BLOCKS))
    shuffled = rng.permutation(n)
    assert choose_weights(rows[shuffled], labels[shuffled], BLOCKS) == found


@pytest.mark.parametrize("leader", ["final", "middle"])
def test_a_block_that_knows_the_class_leads_one_that_does_not(leader):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 120)
    rows = rng.normal(size=(120, 8)).astype(np.float32)
    rows[:, BLOCKS[leader]][:, :3] += 2 * np.eye(3)[labels]
    found = choose_weights(rows, labels, BLOCKS)
    assert found[leader] == 1
    assert min(found.values()) in LESS


@pytest.mark.parametrize("labels", [[], [1], [2, 2, 2]])
def test_without_two_classes_all_blocks_weigh_the_same(labels):
    rows = np.ones((len(labels), 8), dtype=np.float32)
    assert choose_weights(rows, np.array(labels, dtype=np.int64), BLOCKS) == {"final": 1.0, "middle": 1.0}


def test_one_block_has_nothing_to_choose():
    rng = np.random.default_rng(0)
    assert choose_weights(rng.normal(size=(9, 4)), np.arange(9) % 2, {"pixels": slice(0, 4)}) == {"pixels": 1.0}


def test_weights_are_told_and_scale_their_columns():
    weights = {"final": 0.5, "middle": 1.0}
    assert describe(weights) == "final:0.5 middle:1"
    np.testing.assert_array_equal(column_scales(weights, BLOCKS), [0.5] * 3 + [1] * 5)
