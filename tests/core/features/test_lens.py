"""Lens: the projection and the blocks' weights as one map."""

import numpy as np
import pytest

from silverprint.core.features import block_weights
from silverprint.core.features.lens import Lens
from silverprint.core.features.projection import Projection

BLOCKS = {"final": slice(0, 5), "middle": slice(5, 14)}


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    found = rng.normal(size=(200, 14)).astype(np.float32) * np.linspace(1, 4, 14, dtype=np.float32) + 2
    found[:, 7] = found[:, 6]
    return found


def test_it_shows_what_strategies_see(rows):
    labels = (rows[:40, 1] > 2).astype(np.int64)
    lens = Lens.of(rows, BLOCKS, rows[:40], labels)
    projection = Projection.of(rows, BLOCKS)
    weights = block_weights.choose_weights(projection(rows[:40]), labels, projection.columns)
    assert lens.weights == weights
    assert weights != dict.fromkeys(BLOCKS, 1.0)
    expected = projection(rows).astype(np.float64) * block_weights.column_scales(weights, projection.columns)
    np.testing.assert_allclose(lens(rows), expected, atol=5e-3)  # strategies see half precision


def test_each_block_has_a_mean_squared_length_of_its_weight_squared(rows):
    lens = Lens.of(rows, BLOCKS, rows[:40], (rows[:40, 1] > 2).astype(np.int64))
    seen, at = lens(rows), {"final": slice(0, 5), "middle": slice(5, 13)}  # a column is another's copy
    assert seen.shape == (200, 13)
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-3)
    for name, columns in at.items():
        assert np.square(seen[:, columns]).sum(axis=1).mean() == pytest.approx(lens.weights[name] ** 2, rel=1e-3)
