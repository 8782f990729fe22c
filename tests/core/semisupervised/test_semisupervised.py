"""Learning from a pool: losses by hand and by finite differences, hostile inputs, and never worse than labels alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from silverprint.core import semisupervised
from silverprint.core.semisupervised import OMEGAS, auto, consistency, entropy, fit, graph
from silverprint.core.semisupervised.head import Problem, descend, supervised_term, tuned
from silverprint.core.semisupervised.shares import ENOUGH, of_random_draw, of_shown, shrunk, target_shares
from silverprint.errors import ConfigError, DataError

SEEDS = st.integers(0, 2**32 - 1)


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def drawn_graph(rng, n, classes):
    """A row of A, to the pool and to the labelled, sums to 1."""
    edges = rng.random((n, n + 3)) * (rng.random((n, n + 3)) < 0.5)
    edges[:, -1] += 0.1
    edges /= edges.sum(axis=1, keepdims=True)
    return sparse.csr_array(edges[:, :n]), edges[:, n:] @ np.eye(classes)[rng.integers(0, classes, 3)]


def terms(rng, n, d, classes):
    target = rng.dirichlet(np.ones(classes))
    pool, other = rng.normal(size=(2, n, d))
    near, known = drawn_graph(rng, n, classes)
    return {
        "labels": supervised_term(pool, np.eye(classes)[rng.integers(0, classes, n)], 0.3, rng.random(n) + 0.1),
        "entropy": entropy.term(pool, target),
        "consistency": consistency.term((pool, other), target),
        "graph": graph.term(pool, near, known, target),
    }


@pytest.mark.parametrize("name", ["labels", "entropy", "consistency", "graph"])
@settings(max_examples=20)
@given(SEEDS, st.integers(1, 6), st.integers(1, 4), st.integers(1, 4))
def test_the_slope_is_what_finite_differences_find(name, seed, n, d, classes):
    rng = np.random.default_rng(seed)
    term = terms(rng, n, d, classes)[name]
    at, way = rng.normal(size=(2, d, classes))
    step = 1e-6
    ahead, behind = term(at + step * way)[0], term(at - step * way)[0]
    assert (term(at)[1] * way).sum() == pytest.approx((ahead - behind) / (2 * step), rel=1e-5, abs=1e-7)


def test_losses_are_what_a_hand_computes():
    pool = np.array([[1.0, 0.0], [0.0, 1.0]])
    shares = np.array([[0.5, 0.5], [0.9, 0.1]])
    weight = np.log(shares)  # so that the pool's predictions are `shares`
    target = np.array([0.6, 0.4])
    pull = 0.7 * np.log(0.7 / 0.6) + 0.3 * np.log(0.3 / 0.4)  # KL of the mean, (.7, .3), to the target
    sure = (np.log(2) - 0.9 * np.log(0.9) - 0.1 * np.log(0.1)) / 2
    assert entropy.term(pool, target)(weight)[0] == pytest.approx(sure + pull)
    # each is the other's view: H(p, q) of both, halved
    crossed = -(0.5 * np.log(0.9) + 0.5 * np.log(0.1) + 0.9 * np.log(0.5) + 0.1 * np.log(0.5)) / 2
    assert consistency.term((pool, pool[::-1]), target)(weight)[0] == pytest.approx(crossed + pull)
    # the first is the second's neighbour, and has a labelled neighbour of class 1 as near as the second
    near, known = sparse.csr_array([[0.0, 0.5], [1.0, 0.0]]), np.array([[0.0, 0.5], [0.0, 0.0]])
    mixed = np.array([[0.45, 0.55], [0.5, 0.5]])
    assert graph.term(pool, near, known, target)(weight)[0] == pytest.approx(-(mixed * np.log(shares)).sum() / 2 + pull)
    assert supervised_term(pool, np.eye(2), 0.5)(weight)[0] == pytest.approx(
        -(np.log(0.5) + np.log(0.1)) / 2 + 0.25 * np.square(weight).sum()
    )


@given(SEEDS, st.integers(1, 8), st.integers(1, 4), st.integers(1, 4))
def test_views_that_are_alike_and_own_neighbours_are_entropy_minimisation(seed, n, d, classes):
    rng = np.random.default_rng(seed)
    pool, target, at = rng.normal(size=(n, d)), rng.dirichlet(np.ones(classes)), rng.normal(size=(d, classes))
    value, slope = entropy.term(pool, target)(at)
    for other in (
        consistency.term((pool, pool), target),
        graph.term(pool, sparse.eye_array(n).tocsr(), np.zeros((n, classes)), target),
    ):
        assert other(at)[0] == pytest.approx(value)
        np.testing.assert_allclose(other(at)[1], slope, atol=1e-12)


@given(SEEDS, st.integers(3, 20), st.integers(1, 4))
def test_the_head_is_where_the_slope_vanishes(seed, n, d):
    rng = np.random.default_rng(seed)
    term = supervised_term(rng.normal(size=(n, d)), np.eye(3)[rng.integers(0, 3, n)], 1e-2)
    assert np.abs(term(descend(term, np.zeros((d, 3))))[1]).max() < 1e-3


@given(SEEDS, st.integers(2, 40), st.integers(2, 15))
def test_neighbours_are_the_nearest_and_their_weights_sum_to_one(seed, n, labelled):
    rng = np.random.default_rng(seed)
    rows, pool = (rng.normal(size=(count, 2)).astype(np.float32) for count in (labelled, n))
    labels = rng.integers(0, 3, labelled)
    near, known = graph.graph_of(pool, rows, np.eye(3, dtype=np.float32)[labels])
    np.testing.assert_allclose(near.sum(axis=1) + known.sum(axis=1), 1, rtol=1e-5)
    assert not near.diagonal().any()
    nodes = np.concatenate([pool, rows])
    distances = np.linalg.norm(nodes[0] - nodes[1:], axis=1)
    nearest = set(np.argsort(distances)[: min(graph.NEIGHBOURS, len(nodes) - 1)] + 1)
    assert set(near[[0]].nonzero()[1]) == {one for one in nearest if one < n}


def blobs(rng, counts, centres, spread=1.0):
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = centres[labels] + spread * rng.normal(size=(len(labels), centres.shape[1]))
    order = rng.permutation(len(labels))
    return rows[order].astype(np.float32), labels[order]


def at_random(rng, labels, count):
    return rng.permutation(len(labels))[:count]


def so_many_each(rng, labels, count):
    return np.concatenate([rng.permutation(np.flatnonzero(labels == one))[:count] for one in np.unique(labels)])


def stripes(rng, count):
    """One heap that two classes share, cut through its densest part: what Ω assumes is false here."""
    rows = rng.normal(size=(count, 6))
    return rows.astype(np.float32), (rows[:, 0] > 0).astype(np.int64)


def sets(rng):
    """name -> pool, truth, places of the labels."""
    centres = rng.normal(size=(5, 8)) * 1.3
    rows, truth = blobs(rng, [60] * 5, centres)
    yield "two labels a class", rows, truth, so_many_each(rng, truth, 2)
    yield "ten labels a class", rows, truth, so_many_each(rng, truth, 10)
    shown = so_many_each(rng, truth, 4)
    yield "a class that nobody labelled", rows, truth, shown[truth[shown] != 2]
    tail, tailed = blobs(rng, [150, 75, 38, 20, 10], centres)
    yield "long tail", tail, tailed, at_random(rng, tailed, 40)
    yield "long tail, few", tail, tailed, at_random(rng, tailed, 15)
    rare, seldom = blobs(rng, [285, 15], centres[:2])
    yield "one in twenty", rare, seldom, np.append(at_random(rng, seldom, 30), np.flatnonzero(seldom)[:1])
    cut, sides = stripes(rng, 300)
    yield "a heap cut in two", cut, sides, at_random(rng, sides, 30)
    noise = rng.integers(0, 3, len(rows))
    yield "nothing to learn", rows, noise, at_random(rng, noise, 30)


def gains(seeds, names=None):
    """name -> points of accuracy on the pool that `auto` gains over `none`, for each seed."""
    found = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        for name, pool, truth, labelled in sets(rng):
            if names is not None and name not in names:
                continue
            right = {}
            for omega in ("none", "auto"):
                fitted = fit(pool[labelled], truth[labelled], pool, classes=6, omega=omega, seed=seed)
                right[omega] = (fitted.probabilities(pool).argmax(axis=1) == truth).mean()
            found.setdefault(name, []).append(100 * (right["auto"] - right["none"]))
    return found


def require_not_worse(found):
    for name, points in found.items():
        noise = np.std(points, ddof=1) / np.sqrt(len(points))
        assert np.mean(points) > -2 * noise - 0.5, f"{name}: {np.mean(points):+.1f} points"
    assert np.mean(found["two labels a class"]) > 3


@pytest.mark.slow
def test_auto_is_not_worse_than_the_labels_alone():
    require_not_worse(gains(range(2), {"two labels a class", "long tail, few", "a heap cut in two"}))


@pytest.mark.soak
def test_auto_is_not_worse_than_the_labels_alone_over_many_seeds():
    require_not_worse(gains(range(100, 120)))


def hostile(rng):
    """name -> rows, labels, pool."""
    rows, labels = rng.normal(size=(8, 2)).astype(np.float32), np.arange(8) % 3
    pool = rng.normal(size=(15, 2)).astype(np.float32)
    return {
        "a pool of one": (rows, labels, pool[:1]),
        "one label": (rows[:1], labels[:1], pool),
        "constant features": (rows * 0 + 7e5, labels, pool * 0 + 7e5),
        "duplicates": (np.repeat(rows[:1], 8, axis=0), labels, np.repeat(pool[:1], 15, axis=0)),
        "an empty pool": (rows, labels, pool[:0]),
        "the pool is what is labelled": (rows, labels, rows),
        "fewer labels than classes": (rows[:2], labels[:2], pool),
        "one class": (rows, labels * 0, pool),
        "a constant pool": (rows, labels, pool * 0),
        "huge": (rows * 1e15, labels, pool * 1e15),
        "tiny": (rows * 1e-15, labels, pool * 1e-15),
        "half precision": (rows.astype(np.float16), labels, pool.astype(np.float16)),
    }


def require_distributions(name, omega):
    rows, labels, pool = hostile(np.random.default_rng(0))[name]
    shares = fit(rows, labels, pool, classes=4, omega=omega, seed=3).probabilities(rows)
    assert shares.shape == (len(rows), 4)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert (shares >= 0).all()


@pytest.mark.parametrize("name", hostile(np.random.default_rng(0)))
def test_whatever_is_given_auto_comes_to_distributions(name):
    require_distributions(name, "auto")


@pytest.mark.slow
@pytest.mark.parametrize("omega", [name for name in OMEGAS if name != "auto"])
@pytest.mark.parametrize("name", ["a pool of one", "one label", "constant features", "duplicates"])
def test_whatever_is_given_each_omega_comes_to_distributions(name, omega):
    require_distributions(name, omega)


@pytest.mark.slow
@pytest.mark.parametrize("omega", ["auto", "consistency", "ensemble"])  # those in which chance has a part
def test_the_same_seed_gives_the_same_model_and_shifted_features_the_same_predictions(omega):
    rng = np.random.default_rng(0)
    rows, labels = blobs(rng, [3, 3, 3], rng.normal(size=(3, 4)))
    pool = rng.normal(size=(40, 4)).astype(np.float32)
    first = fit(rows, labels, pool, classes=3, omega=omega, seed=3)
    again = fit(rows, labels, pool, classes=["a", "b", "c"], omega=omega, seed=3)
    np.testing.assert_array_equal(first.weight, again.weight)
    moved = fit(4 * rows + 8, labels, 4 * pool + 8, classes=3, omega=omega, seed=3)
    np.testing.assert_allclose(moved.probabilities(4 * pool + 8), first.probabilities(pool), atol=0.02)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_penalty_is_weak_where_features_tell_the_class_and_strong_where_they_do_not(seed):
    rng = np.random.default_rng(seed)
    labels = np.arange(60) % 3
    penalties = []
    for told in (6.0, 0.0):
        rows = np.hstack([rng.normal(size=(60, 3)) + told * np.eye(3)[labels], np.ones((60, 1))])
        found, loss = tuned(Problem(rows, labels, np.eye(3)[labels], rows[:0], 3, 1.0, seed, np.ones((1, 60))))
        penalties.append(found.penalty)
        assert (loss < 20) == (told > 0)  # chance alone: 60 ln 3 = 66
    assert penalties[0] < penalties[1]


def test_of_a_large_pool_a_part_is_drawn(monkeypatch):
    seen = []

    def spy(problem, target):
        seen.append(problem.pool)
        return np.zeros((1, 4, 3))

    monkeypatch.setattr(semisupervised, "MOST", 50)
    monkeypatch.setattr(semisupervised, "FEWEST", 50)
    monkeypatch.setitem(semisupervised.LEARNERS, "graph", spy)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3, 3)).astype(np.float32)
    pool = np.repeat(np.arange(1_000, dtype=np.float32), 3).reshape(-1, 3)  # sorted, as pools may be
    fit(rows, np.arange(3), pool, classes=3, omega="graph", seed=1)
    drawn = seen[-1][:, 0]
    assert len(np.unique(drawn)) == 50
    assert abs(np.corrcoef(drawn, np.arange(50))[0, 1]) < 0.5  # the first ones are a draw, too


def test_known_shares_steer_and_a_class_without_a_label_gets_next_to_nothing():
    labels = np.array([0, 0, 1, 1, 3])
    known = target_shares(labels, 4, np.array([0.6, 0.1, 0.2, 0.1]))
    np.testing.assert_allclose(known, [0.75, 0.125, 0, 0.125], atol=2e-4)
    assert 0 < known[2] < 1e-3
    np.testing.assert_allclose(target_shares(labels, 4, None), [1 / 3, 1 / 3, 0, 1 / 3], atol=2e-3)


def test_counts_that_chance_explains_mean_equal_shares_and_others_do_not():
    np.testing.assert_allclose(shrunk(np.array([3.0, 2, 2, 1, 2])), 0.2, atol=1e-3)
    skewed = np.array([60.0, 25, 10, 4, 1])
    np.testing.assert_allclose(shrunk(skewed), skewed / skewed.sum(), atol=0.02)
    assert (np.diff(shrunk(skewed)) < 0).all()


@given(SEEDS, st.integers(1, 8))
def test_estimated_shares_lie_between_the_counts_and_equal_ones(seed, classes):
    counts = np.random.default_rng(seed).integers(1, 40, classes).astype(np.float64)
    found, seen = shrunk(counts), counts / counts.sum()
    assert found.sum() == pytest.approx(1)
    low, high = np.minimum(seen, 1 / classes), np.maximum(seen, 1 / classes)
    assert ((found >= low - 1e-9) & (found <= high + 1e-9)).all()


def test_auto_leaves_its_belief_only_for_more_than_two_standard_errors():
    others = np.array([0.5, 0.7, 0.9, 0.4])
    assert auto.surely_less(others - 0.1, others)
    assert not auto.surely_less(others, others)
    assert not auto.surely_less(others + 0.1, others)
    gains = np.array([1.0, 0.0, 0.0, 0.0])  # a sum of 1, of which the standard error is also 1
    assert not auto.surely_less(others - gains, others)
    assert not auto.surely_less(others[:1] - 1, others[:1])


X, Y = np.eye(3, dtype=np.float32), np.arange(3)


@pytest.mark.parametrize(
    ("rows", "labels", "pool", "classes", "shares", "said"),
    [
        (np.full((3, 3), np.nan), Y, X, 3, None, r"rows\[0\]: features must be finite"),
        (X, Y, np.array([[0, 0, 0], [0, np.inf, 0]]), 3, None, r"pool\[1\]"),
        (X, Y, np.array([[1e300, 0, 0]]), 3, None, r"pool\[0\]"),
        (X, Y, X[:, :2], 3, None, "rows of 3 columns, pool of 2"),
        (X[:, :0], Y, X[:, :0], 3, None, "D 1 or more"),
        (X, Y, X, 2, None, r"labels from 0 to 2: must lie in 0\.\.1"),
        (X, Y[:2], X, 3, None, r"labels of shape \(2,\)"),
        (X, Y.astype(float), X, 3, None, "integers"),
        (X[:0], Y[:0], X, 3, None, "needs a labelled row"),
        (X, Y, X, 0, None, "classes = 0"),
        (X, Y, X, 3, np.array([0.5, 0.5]), r"must be \(3,\) shares"),
        (X, Y, X, 3, np.array([-1.0, 1, 1]), "at least 0"),
    ],
)
def test_what_breaks_the_contract_is_refused_in_one_line(rows, labels, pool, classes, shares, said):
    with pytest.raises(DataError, match=said) as caught:
        fit(rows, labels, pool, classes=classes, seed=1, shares=shares)
    assert "\n" not in str(caught.value)


def test_an_unknown_omega_is_refused():
    with pytest.raises(ConfigError, match="omega = 'vat'"):
        fit(X, Y, X, classes=3, omega="vat", seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("omega", OMEGAS)
def test_each_of_several_members_is_a_head_of_its_own_near_the_one_of_all_labels(omega):
    rng = np.random.default_rng(0)
    rows, labels = blobs(rng, [8, 8, 8], 2 * rng.normal(size=(3, 4)))
    pool = rng.normal(size=(60, 4)).astype(np.float32)
    alone, several = (fit(rows, labels, pool, classes=3, omega=omega, seed=1, members=count) for count in (1, 4))
    assert len(several.weight) == 4
    assert all(np.abs(several.weight[0] - other).max() > 0.01 for other in several.weight[1:])
    assert np.abs(several.probabilities(rows) - alone.probabilities(rows)).mean() < 0.1
    assert (several.held_out.argmax(axis=1) == labels).mean() > 0.7


@given(SEEDS, st.integers(1, 6))
def test_a_class_that_a_part_of_the_labels_lacks_has_next_to_nothing_in_its_target(seed, classes):
    rng = np.random.default_rng(seed)
    shares, labels = rng.dirichlet(np.full(classes, 0.3)), rng.integers(0, classes, 3)
    found = of_shown(shares, labels)
    assert found.sum() == pytest.approx(1)
    assert (found > 0).all()
    lacking = ~np.isin(np.arange(classes), labels)
    assert (found[lacking] < 1e-3).all()


def test_a_random_draw_tells_shares_once_it_has_enough_labels():
    labels = np.repeat([0, 1], [4 * ENOUGH - 2, 2])
    assert of_random_draw(labels[1:], 4) is None
    found = of_random_draw(labels, 4)
    assert found[0] > found[1] > found[2] == pytest.approx(found[3])
    assert found.sum() == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("omega", ["none", "entropy", "graph", "ensemble"])
def test_targets_that_are_sure_are_the_labels(omega):
    rng = np.random.default_rng(4)
    rows, labels = rng.normal(size=(24, 5)).astype(np.float32), np.arange(24) % 3
    pool = rng.normal(size=(40, 5)).astype(np.float32)
    given = {"classes": 3, "omega": omega, "seed": 1}
    alone = fit(rows, labels, pool, **given)
    sure = fit(rows, labels, pool, targets=np.eye(3)[labels], **given)
    unsure = fit(rows, labels, pool, targets=0.7 * np.eye(3)[labels] + 0.1, **given)
    assert np.array_equal(alone.probabilities(pool), sure.probabilities(pool))
    assert not np.array_equal(alone.probabilities(pool), unsure.probabilities(pool))


@pytest.mark.slow
def test_labels_learnt_as_far_as_they_are_believed_teach_more_than_labels_that_are_taken_for_sure():
    gains = []
    for seed in range(6):
        rng = np.random.default_rng([seed, 9])
        truth = np.arange(240) % 3
        rows = (np.eye(8)[truth] * 2 + rng.normal(size=(240, 8))).astype(np.float32)
        wrong = rng.random(60) < np.where(np.arange(60) < 30, 0.5, 0.05)
        labels = np.where(wrong, (truth[:60] + 1) % 3, truth[:60])
        trust = np.where(np.arange(60) < 30, 0.55, 0.95)[:, None]
        targets = trust * np.eye(3)[labels] + (1 - trust) / 3
        found = [
            fit(rows[:60], labels, rows[:0], classes=3, omega="none", seed=seed, targets=aims).probabilities(rows[60:])
            for aims in (None, targets)
        ]
        gains.append(np.subtract(*[(said.argmax(axis=1) == truth[60:]).mean() for said in reversed(found)]))
    assert np.mean(gains) > 0.02


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (np.full((3, 2), 0.5), r"targets of shape \(3, 2\): must be \(4, 2\)"),
        (np.array([[1, 0], [0.5, 0.4], [0, 1], [1, 0]]), r"targets\[1\]: must be shares"),
        (np.array([[1, 0], [0.5, 0.5], [-1, 2], [1, 0]]), r"targets\[2\]: must be shares"),
        (np.array([[1, 0], [0.5, 0.5], [0, 1], [np.nan, 1]]), r"targets\[3\]: must be shares"),
    ],
)
def test_targets_that_are_no_distributions_are_refused(targets, said):
    rows = np.eye(4, dtype=np.float32)
    with pytest.raises(DataError, match=said):
        fit(rows, np.array([0, 1, 0, 1]), rows[:0], classes=2, seed=1, targets=targets)
