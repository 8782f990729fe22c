import tracemalloc

import numpy as np
import polars as pl
import pytest

from silverprint.core.features import block_weights
from silverprint.core.features.projection import Projection
from silverprint.errors import DataError
from silverprint.stages.queue.pool import read_pool
from silverprint.store import features as store
from silverprint.store.features import Features

WIDTHS = {"final": 40, "middle": 200}


def pool(root, count, seed=0):
    """Features of `count` pictures in parts, whose classes the middle block knows."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, count)
    rows = rng.normal(2, 1, size=(count, 240)).astype(np.float16)
    rows[:, 40:43] += (6 * np.eye(3)[truth]).astype(np.float16)
    ids = [f"{number:06d}" for number in range(count)]
    store.write_description(root, {"blocks": WIDTHS})
    for start in range(0, count, 5_000):
        store.append(root, ids[start : start + 5_000], [rows[start : start + 5_000]])
    return Features(root), ids, rows, truth


def examples(rows, truth):
    return pl.DataFrame({"row": rows, "class_id": truth[rows]}, schema={"row": pl.UInt32, "class_id": pl.Int64})


@pytest.mark.slow
def test_the_pool_is_projected_and_the_block_that_knows_the_classes_leads(tmp_path):
    features, ids, rows, truth = pool(tmp_path, 6_000)
    seen = read_pool(features, ids, examples(np.arange(0, 6_000, 60), truth))
    assert seen.weights["middle"] == 1
    assert seen.weights["final"] in block_weights.LESS
    projection = Projection.of(rows.astype(np.float32), features.blocks)
    scales = block_weights.column_scales(seen.weights, projection.columns)
    np.testing.assert_allclose(seen.rows, projection(rows.astype(np.float32)) * scales, atol=1e-3)
    again = read_pool(features, ids, examples(np.arange(0, 6_000, 60), truth))
    assert again.rows.tobytes() == seen.rows.tobytes()


@pytest.mark.parametrize("class_id", [None, -1])
def test_without_labels_or_with_none_of_the_classes_the_blocks_weigh_the_same(tmp_path, class_id):
    features, ids, _, truth = pool(tmp_path, 300)
    known = examples(np.arange(50 if class_id else 0), np.full_like(truth, -1))
    assert read_pool(features, ids, known).weights == {"final": 1.0, "middle": 1.0}


@pytest.mark.slow
def test_a_pool_is_never_held_in_single_precision(tmp_path, monkeypatch):
    monkeypatch.setattr("silverprint.stages.queue.pool.SAMPLE", 500)
    features, ids, rows, truth = pool(tmp_path, 50_000)
    features.matrix(ids[:1])  # the table of places is not counted
    known = examples(np.arange(0, 50_000, 500), truth)
    tracemalloc.start()
    seen = read_pool(features, ids, known)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < seen.rows.nbytes + 0.6 * rows.astype(np.float32).nbytes


def test_a_picture_without_features_is_named(tmp_path):
    features, ids, _, truth = pool(tmp_path, 20)
    with pytest.raises(DataError, match="nobody"):
        read_pool(features, [*ids, "nobody"], examples(np.arange(5), truth))
