import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.selection import select_with_scores


def ask(embeddings, budget, labeled=(), seed=3):
    return select_with_scores(
        "coreset",
        embeddings=embeddings,
        probabilities=None,
        labeled=np.array(labeled, dtype=np.int64),
        budget=budget,
        seed=seed,
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 5), st.integers(0, 6), st.booleans())
def test_every_pick_is_farthest_from_what_is_labelled_or_picked(seed, n, d, labelled, coarse):
    rng = np.random.default_rng(seed)
    embeddings = (rng.integers(-2, 3, (n, d)) if coarse else rng.normal(5, 2, size=(n, d))).astype(np.float32)
    labeled = rng.permutation(n)[:labelled]
    distances = np.linalg.norm(embeddings[:, None] - embeddings.astype(np.float64), axis=2)
    rows, values = ask(embeddings, n - len(labeled), labeled)
    taken = list(labeled)
    for row, value in zip(rows, values, strict=True):
        if taken:
            radius = distances[:, taken].min(axis=1)
            assert radius[row] == pytest.approx(np.delete(radius, taken).max(), abs=1e-6)
            assert value == pytest.approx(radius[row], abs=1e-6)
        else:
            assert np.isnan(value)
        taken.append(row)


def test_copies_of_what_is_labelled_come_last():
    rng = np.random.default_rng(0)
    embeddings = rng.normal(1000, 1, size=(30, 6)).astype(np.float32)
    embeddings[20:] = embeddings[3]
    rows, values = ask(embeddings, 29, [3])
    assert set(rows[-10:]) == set(range(20, 30))
    assert values[-10:].tolist() == [0.0] * 10
    assert (values[:-10] > 0).all()


def test_another_start_for_another_seed():
    embeddings = np.random.default_rng(0).normal(size=(30, 2))
    assert len({int(ask(embeddings, 1, seed=seed)[0][0]) for seed in range(20)}) > 5
