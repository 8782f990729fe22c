import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.selection import select_with_scores
from silverprint.core.selection.kmeans import assign, kmeans
from silverprint.core.selection.strategies import typiclust
from silverprint.core.selection.strategies.typiclust import typicality
from silverprint.core.selection.validate import checked_pool


def ask(embeddings, budget, labeled=(), **options):
    return select_with_scores(
        "typiclust",
        embeddings=embeddings,
        probabilities=None,
        labeled=np.array(labeled, dtype=np.int64),
        budget=budget,
        seed=3,
        **options,
    )


def plain_typicality(rows, neighbours):
    distances = np.linalg.norm(rows[:, None].astype(np.float64) - rows, axis=2)
    count = min(neighbours, max(1, len(rows) // 2))
    return np.array([1 / (np.sort(np.delete(row, at))[:count].mean() + 1e-5) for at, row in enumerate(distances)])


def plain_order(pool, clusters):
    """Algorithm 1 over given clusters: (N,) -> a cluster for each pick."""
    taken = {number: int(pool.is_labeled[clusters == number].sum()) for number in np.unique(clusters)}
    free = {number: int((~pool.is_labeled[clusters == number]).sum()) for number in taken}
    size = {number: int((clusters == number).sum()) for number in taken}
    for _ in range(pool.budget):
        number = min((n for n in taken if free[n]), key=lambda n: (taken[n], -size[n], n))
        taken[number] += 1
        free[number] -= 1
        yield number


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 8), st.integers(1, 8), st.integers(2, 20))
def test_it_takes_the_most_typical_of_the_cluster_with_the_fewest_labels(seed, n, labelled, clusters, neighbours):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 4)).astype(np.float32)
    labeled = rng.permutation(n)[:labelled]
    budget = int(rng.integers(0, n - len(labeled) + 1))
    pool = checked_pool(embeddings, None, labeled, None, budget, seed=5)
    rows, values = typiclust.pick(pool, clusters=clusters, neighbours=neighbours)
    directions = pool.directions(pool.order)
    count = min(len(labeled) + budget, clusters, n)
    if not count:
        return
    centres = kmeans(directions, count, pool.seed)
    of = np.empty(n, dtype=np.int64)
    of[pool.order] = assign(directions, centres)
    taken = set(labeled)
    for row, value, number in zip(rows, values, plain_order(pool, of), strict=True):
        assert of[row] == number
        members = np.flatnonzero(of == number)
        typical = plain_typicality(pool.directions(members), neighbours) if len(members) > 1 else np.zeros(1)
        free = [place for place, member in enumerate(members) if member not in taken]
        assert value == pytest.approx(typical[free].max(), rel=1e-3)
        assert value == pytest.approx(typical[members.tolist().index(row)], rel=1e-3)
        taken.add(row)


@given(st.integers(0, 2**32 - 1), st.integers(1, 15), st.data())
def test_k_means_ends_where_every_centre_is_the_mean_of_its_rows(seed, n, data):
    rng = np.random.default_rng(seed)
    rows = (rng.normal(size=(n, 2)) / 4).astype(np.float32)
    count = data.draw(st.integers(1, n))
    centres = kmeans(rows, count, seed)
    nearest = assign(rows, centres)
    distances = np.linalg.norm(rows[:, None] - centres, axis=2)
    np.testing.assert_allclose(distances[np.arange(n), nearest], distances.min(axis=1), atol=1e-5)
    means = np.array([rows[nearest == number].mean(axis=0) for number in np.unique(nearest)])
    np.testing.assert_allclose(centres[np.unique(nearest)], means, atol=1e-5)


def clusters(sizes, width=0.05):
    centres = np.eye(len(sizes), 8) * 4
    of = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[of] + np.random.default_rng(0).normal(scale=width, size=(len(of), 8))).astype(np.float32), of


def test_every_cluster_once_the_largest_first_and_a_tiny_one_last():
    embeddings, of = clusters([3, 30, 60, 15, 45])
    rows, _ = ask(embeddings, 5)
    assert of[rows].tolist() == [2, 4, 1, 3, 0]


def test_a_labelled_cluster_waits():
    embeddings, of = clusters([30, 60, 15, 45])
    rows, _ = ask(embeddings, 3, labeled=np.flatnonzero(of == 1)[:1])
    assert of[rows].tolist() == [3, 0, 2]


def test_every_row_is_asked_in_the_end_those_beyond_the_crowd_without_a_value():
    embeddings, _ = clusters([3, 30, 60])
    rows, values = ask(embeddings, 92, labeled=[5], clusters=4, crowd=10)
    assert sorted([*rows, 5]) == list(range(93))
    assert np.isnan(values).sum() >= 40


def test_a_typical_row_has_near_neighbours():
    rows = np.array([[0.0], [1.0], [1.1], [1.2], [3.0]], dtype=np.float32)
    np.testing.assert_allclose(typicality(rows, 20), plain_typicality(rows, 20), rtol=1e-4)
    assert typicality(rows, 20).argmax() == 2
    assert typicality(rows[:1], 20).tolist() == [0.0]
