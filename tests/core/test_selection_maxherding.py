import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.selection import select, select_with_scores
from silverprint.core.selection.maxherding import lazy_greedy


def plain_greedy(similar, coverage, budget):
    chosen, gains = [], []
    for _ in range(budget):
        gain = [
            -1.0 if row in chosen else float(np.maximum(k - coverage, 0).mean(dtype=np.float64))
            for row, k in enumerate(similar)
        ]
        best = int(np.argmax(gain))
        chosen.append(best)
        gains.append(gain[best])
        coverage = np.maximum(coverage, similar[best])
    return chosen, gains


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.booleans(), st.data())
def test_lazy_is_plain_greedy(seed, candidates, references, ties, data):
    rng = np.random.default_rng(seed)
    similar = rng.random((candidates, references), dtype=np.float32)
    similar = np.round(similar * 2) / 2 if ties else similar
    coverage = np.zeros(references, dtype=np.float32)
    budget = data.draw(st.integers(0, candidates))
    rows, gains = lazy_greedy(similar, coverage, budget)
    chosen, expected = plain_greedy(similar, coverage, budget)
    assert rows.tolist() == chosen
    assert gains.tolist() == expected
    assert not coverage.any()


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
