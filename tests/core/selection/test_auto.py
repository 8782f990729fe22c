import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from silverprint.core import uncertainty
from silverprint.core.selection import select_with_scores
from silverprint.core.selection.strategies.uherding import NARROWEST
from tests.core.selection.test_uherding import directions, require_greedy, rounding


def plain_places(embeddings, probabilities, trust):
    return np.column_stack([directions(embeddings.astype(np.float64)), np.sqrt(trust * probabilities)])


def plain_kernel(places, width):
    return np.exp(-(np.linalg.norm(places[:, None] - places, axis=2) ** 2) / width**2)


def plain_width(places):
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    apart = distances[distances > 1e-6]
    return max(NARROWEST, apart.min()) if len(apart) else 1.0


@given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(1, 4), st.integers(0, 5), st.sampled_from([0, 1, 3]))
@example(512, 9, 1, 2, 3)  # labels 0.02 apart: single precision tells gains there by 1e-5 and no better
def test_every_pick_is_the_best_by_the_plain_definition(seed, n, d, labelled, members):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, d)).astype(np.float32)
    labeled = rng.permutation(n)[:labelled]
    thought = rng.dirichlet(np.ones(3), size=(members, n)) if members else None
    rows, values = select_with_scores(
        "auto", embeddings=embeddings, probabilities=thought, labeled=labeled, budget=n - len(labeled), seed=seed % 7
    )
    if thought is None or not len(labeled):
        width = 2**0.5  # as the module says: between two directions that have nothing in common
        kernel = plain_kernel(directions(embeddings), width)
        require_greedy(rows, values, kernel, np.ones(n), labeled, rounding(width))
    else:
        trust = min(1, len(labeled) / max(1, n - len(labeled)))
        places = plain_places(embeddings, thought.mean(axis=0), trust)
        width = plain_width(places[labeled])
        within = rounding(width, squared_length=2.0)  # of directions, and of shares
        weights = uncertainty.margin(thought) ** trust
        require_greedy(rows, values, plain_kernel(places, width), weights, labeled, within)


def test_a_label_does_not_cover_a_look_alike_of_which_the_model_thinks_otherwise():
    rng = np.random.default_rng(1)
    alike = np.tile([1.0, 0.0, 0.0], (40, 1)) + rng.normal(scale=0.05, size=(40, 3))
    far = np.tile([-1.0, 0.0, 0.0], (2, 1)) + rng.normal(scale=0.05, size=(2, 3))
    embeddings = np.concatenate([alike, far]).astype(np.float32)
    probabilities = np.tile([0.9, 0.1], (42, 1))
    probabilities[20:40] = [0.1, 0.9]
    rows, _ = select_with_scores(
        "auto", embeddings=embeddings, probabilities=probabilities, labeled=np.array([0, 40]), budget=1, seed=1
    )
    assert 20 <= rows[0] < 40


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_a_model_that_is_sure_of_everything_leaves_a_full_batch(sure):
    embeddings = np.random.default_rng(2).normal(size=(30, 4)).astype(np.float32)
    probabilities = np.tile([sure, 1.0 - sure], (30, 1))
    rows, values = select_with_scores(
        "auto", embeddings=embeddings, probabilities=probabilities, labeled=np.array([3, 4]), budget=10, seed=1
    )
    assert len(set(rows)) == 10
    assert (values == 0).all()


@given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(1, 5), st.sampled_from([1, 3]))
def test_what_no_label_of_ours_taught_says_where_a_picture_lies_and_not_how_much_it_counts(seed, n, labelled, members):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 3)).astype(np.float32)
    labeled = rng.permutation(n)[:labelled]
    thought = rng.dirichlet(np.ones(3), size=(members, n))
    rows, values = select_with_scores(
        "auto",
        embeddings=embeddings,
        probabilities=thought,
        labeled=labeled,
        labels=np.full(len(labeled), -1),
        budget=n - len(labeled),
        seed=seed % 7,
    )
    width = 2**0.5
    kernel = plain_kernel(plain_places(embeddings, thought.mean(axis=0), 1), width)
    require_greedy(rows, values, kernel, np.ones(n), labeled, rounding(width, squared_length=2.0))
