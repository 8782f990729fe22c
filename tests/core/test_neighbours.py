"""Nearest neighbours in cells against brute force; crowds; projected cosines against true ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core import neighbours
from silverprint.core.neighbours import nearest, projected


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def clustered(seed: int, rows: int, spread: float) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((max(1, rows // 20), 32))
    return unit(centres[chance.integers(0, len(centres), rows)] + spread * chance.standard_normal((rows, 32)))


@settings(max_examples=40)
@given(seed=st.integers(0, 999), rows=st.integers(0, 60), k=st.integers(1, 5))
def test_few_rows_are_compared_with_all(seed: int, rows: int, k: int) -> None:
    points = clustered(seed, rows, 0.3) if rows else np.empty((0, 32), dtype=np.float32)
    found = nearest(points, k, seed=0)
    cosines = points @ points.T
    np.fill_diagonal(cosines, -2)
    best = -np.sort(-cosines, axis=1)[:, :k]
    real = found.rows >= 0
    assert real.sum(axis=1).tolist() == [min(k, max(rows - 1, 0))] * rows
    assert found.cosines[real] == pytest.approx(best[best > -2], abs=1e-5)
    assert not (found.rows == np.arange(rows)[:, None]).any()


def test_copies_among_many_rows_are_found() -> None:
    """Each of the last rows is a copy of one of the first, nearer than anything else."""
    points = clustered(3, 9_000, 0.6)
    copies = unit(points[:900] + 0.02 * np.random.default_rng(4).standard_normal((900, 32)))
    found = nearest(np.concatenate([points, copies]), 4, seed=0)
    hits = (found.rows[9_000:] == np.arange(900)[:, None]).any(axis=1)
    assert hits.mean() > 0.98
    assert found.crowded == 0
    assert (np.diff(found.cosines, axis=1) <= 0).all()


def test_a_crowd_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_ONE_CELL", 100)
    monkeypatch.setattr(neighbours, "_CROWD", 200)
    points = np.tile(clustered(1, 20, 1.0)[:1], (1_000, 1))
    found = nearest(points, 3, seed=0)
    assert found.crowded == 1_000
    assert (found.rows >= 0).all()
    assert found.cosines == pytest.approx(1, abs=1e-5)


def test_projected_rows_keep_cosines() -> None:
    chance = np.random.default_rng(2)
    features = chance.standard_normal((200, 900)).astype(np.float32) + 5
    features[100:] = features[:100] + 0.5 * chance.standard_normal((100, 900)).astype(np.float32)
    blocks = [slice(0, 600), slice(600, 900)]
    centre = features.mean(axis=0)
    early, late = np.arange(70), np.arange(70, 200)
    rows = projected([(late, features[late]), (early, features[early])], 200, blocks, centre, seed=0)
    centred = np.concatenate([unit(features[:, block] - centre[block]) for block in blocks], axis=1) / np.sqrt(2)
    true = (centred[:100] * centred[100:]).sum(axis=1)
    assert (rows[:100] * rows[100:]).sum(axis=1) == pytest.approx(true, abs=0.06)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
