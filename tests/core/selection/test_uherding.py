import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import uncertainty
from silverprint.core.selection import select, select_with_scores
from silverprint.core.selection.strategies.uherding import NARROWEST, priority_estimates


def directions(embeddings):
    centred = embeddings - embeddings.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 1e-9)


def plain_kernel(embeddings, width):
    rows = directions(embeddings.astype(np.float64))
    return np.exp(-(np.linalg.norm(rows[:, None] - rows, axis=2) ** 2) / width**2)


def plain_width(embeddings, labeled):
    rows = directions(embeddings.astype(np.float64))[labeled]
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    return max(NARROWEST, distances[distances > 1e-6].min(initial=np.inf)) if (distances > 1e-6).any() else 1.0


def rounding(width, squared_length=1.0):
    """How far single precision moves a gain, at most.

    exp(-z) moves by no more than z does; z = (|a|² + |b|² - 2ab) / width², whose terms come to 4 squared lengths; a
    gain is the difference of two such values.
    """
    return 1e-6 + 2 * 4 * squared_length * float(np.finfo(np.float32).eps) / width**2


def require_greedy(rows, values, kernel, weights, labeled, within):
    """Each pick has the largest gain in weighted coverage, (N, N) kernel, and its value is that gain."""
    covered = kernel[labeled].max(axis=0, initial=0.0)
    taken = list(labeled)
    for row, value in zip(rows, values, strict=True):
        gains = (np.maximum(kernel - covered, 0) * weights).mean(axis=1)
        gains[taken] = -1.0
        assert gains[row] >= gains.max() - within
        assert value == pytest.approx(gains[row], abs=within)
        covered = np.maximum(covered, kernel[row])
        taken.append(row)


@given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(1, 4), st.sampled_from([0, 0, 2, 5]), st.booleans())
def test_every_pick_is_the_best_by_the_plain_definition(seed, n, d, labelled, coarse):
    rng = np.random.default_rng(seed)
    embeddings = (rng.integers(-2, 3, (n, d)) if coarse else rng.normal(size=(n, d))).astype(np.float32)
    labeled = rng.permutation(n)[:labelled]
    probabilities = rng.dirichlet(np.ones(3), size=n)
    request = {"embeddings": embeddings, "labeled": labeled, "budget": n - len(labeled), "seed": seed % 7}
    rows, values = select_with_scores("maxherding", probabilities=None, **request)
    require_greedy(rows, values, plain_kernel(embeddings, 1.0), np.ones(n), labeled, rounding(1.0))
    rows, values = select_with_scores("uherding", probabilities=probabilities, **request)
    if len(labeled):
        weights, width = uncertainty.margin(probabilities), plain_width(embeddings, labeled)
        require_greedy(rows, values, plain_kernel(embeddings, width), weights, labeled, rounding(width))
    else:
        require_greedy(rows, values, plain_kernel(embeddings, 1.0), np.ones(n), labeled, rounding(1.0))


@pytest.mark.parametrize("without", ["labels", "model"])
def test_without_labels_or_a_model_it_is_maxherding(without):
    embeddings, _ = clusters([10, 20, 5], width=0.5)
    request = {
        "embeddings": embeddings,
        "labeled": np.array([] if without == "labels" else [3, 12, 30], dtype=np.int64),
        "probabilities": None if without == "model" else np.random.default_rng(0).dirichlet(np.ones(4), size=35),
        "budget": 8,
        "seed": 1,
    }
    np.testing.assert_array_equal(select("uherding", **request), select("maxherding", **request))


def test_with_many_labels_it_asks_about_the_doubtful():
    embeddings, _ = clusters([40, 40], width=0.3)
    probabilities = np.tile([0.99, 0.01], (80, 1))
    doubtful = [5, 17, 44, 71]
    probabilities[doubtful] = [0.55, 0.45]
    labeled = np.setdiff1d(np.arange(0, 80, 3), doubtful)
    rows = select("uherding", embeddings=embeddings, probabilities=probabilities, labeled=labeled, budget=4, seed=0)
    assert sorted(rows) == doubtful


def test_copies_among_the_labelled_do_not_narrow_the_kernel():
    embeddings, of = clusters([30, 60, 15, 45])
    embeddings[:10] = embeddings[0]
    probabilities = np.full((150, 2), 0.5)
    labeled = np.array([*range(10), *np.flatnonzero(of == 1)[:1]])
    rows = select("uherding", embeddings=embeddings, probabilities=probabilities, labeled=labeled, budget=2, seed=0)
    assert of[rows].tolist() == [3, 2]


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.data())
def test_a_priority_sample_of_everything_weighs_what_it_weighs(seed, n, data):
    rng = np.random.default_rng(seed)
    weights, chance = rng.random(n), rng.random(n)
    drawn = np.argsort(-weights / chance)
    estimates = priority_estimates(weights[drawn], chance[drawn], n)
    np.testing.assert_array_equal(estimates, weights[drawn].astype(np.float32))
    count = data.draw(st.integers(1, n))
    assert (priority_estimates(weights[drawn], chance[drawn], count) >= estimates[:count]).all()


def test_a_priority_sample_is_unbiased():
    rng = np.random.default_rng(0)
    weights = rng.exponential(size=200)
    sums = []
    for _ in range(2000):
        chance = rng.random(200)
        drawn = np.argsort(-weights / chance)
        sums.append(priority_estimates(weights[drawn], chance[drawn], 20)[drawn[:20] < 50].sum())
    assert np.mean(sums) == pytest.approx(weights[:50].sum(), abs=4 * np.std(sums) / np.sqrt(2000))


def clusters(sizes, seed=0, width=0.05):
    rng = np.random.default_rng(seed)
    centres = np.eye(len(sizes), 8) * 4
    of = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[of] + rng.normal(scale=width, size=(len(of), 8))).astype(np.float32), of


def ask(embeddings, budget, labeled=(), **options):
    return select_with_scores(
        "maxherding",
        embeddings=embeddings,
        probabilities=None,
        labeled=np.array(labeled, dtype=np.int64),
        budget=budget,
        seed=3,
        **options,
    )


def test_every_cluster_is_visited_the_largest_first():
    embeddings, of = clusters([30, 60, 15, 45])
    rows, _ = ask(embeddings, 4)
    assert of[rows].tolist() == [1, 3, 0, 2]


def test_what_is_labelled_is_covered():
    embeddings, of = clusters([30, 60, 15, 45])
    rows, values = ask(embeddings, 3, labeled=np.flatnonzero(of == 1)[:1])
    assert of[rows].tolist() == [3, 0, 2]
    assert ((values > 0) & (values < 1)).all()


def test_scale_and_shift_do_not_matter():
    embeddings, _ = clusters([10, 20, 5], width=0.5)
    rows = {tuple(sorted(ask(embeddings * scale + shift, 6)[0])) for scale, shift in [(1, 0), (8, 0), (4, 16)]}
    assert len(rows) == 1


def test_constant_embeddings_are_all_alike():
    rows, values = ask(np.ones((6, 3)), 4)
    assert len(set(rows)) == 4
    assert values.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_sample_of_references_and_candidates_still_finds_the_clusters():
    embeddings, of = clusters([300, 600, 150, 450])
    rows, _ = ask(embeddings, 4, references=100, candidates=200)
    assert sorted(of[rows]) == [0, 1, 2, 3]
    assert len(ask(embeddings, 300, references=50, candidates=20)[0]) == 300


@pytest.mark.slow
def test_five_thousand_pictures_take_seconds_of_one_core():
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(5_000, 2_288)).astype(np.float32)
    embeddings += 2 * rng.normal(size=(10, 2_288)).astype(np.float32)[rng.integers(0, 10, 5_000)]
    start = time.process_time()
    select("maxherding", embeddings=embeddings, probabilities=None, labeled=np.arange(300), budget=100, seed=1)
    assert time.process_time() - start < 10  # both cores together; about 2 where the machine is idle
