import numpy as np
import pytest
from benchmarks.label_efficiency.head import tuned
from benchmarks.label_efficiency.papers import PAPERS, bait, cluster_margin, dcom
from benchmarks.label_efficiency.request import NeedsModel, Request
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)


def asked(seed, budget, duplicates=False, labeled=8, head=True):
    """A request of 40 rows in three classes; with `duplicates` there are five places only."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 6)).astype(np.float32)
    if duplicates:
        rows = rows[np.arange(40) % 5]
    truth = rng.integers(0, 3, 40)
    known = rng.permutation(40)[:labeled]
    fitted = tuned(rows[known], truth[known], 3) if head else None
    return Request(rows, known, truth[known], budget, fitted, truth)


@settings(max_examples=4, deadline=None)
@given(seeds, st.sampled_from([1, 7, 32]), st.booleans())
@pytest.mark.parametrize("name", list(PAPERS))
def test_the_batch_is_of_new_rows_as_many_as_asked_and_the_same_for_a_seed(name, seed, budget, duplicates):
    request = asked(seed, budget, duplicates)
    picked = PAPERS[name](3, seed)(request)
    assert len(set(picked.tolist()) - set(request.labeled.tolist())) == len(picked) == budget
    assert picked.dtype == np.int64
    np.testing.assert_array_equal(picked, PAPERS[name](3, seed)(request))


@settings(max_examples=5, deadline=None)
@given(seeds, st.booleans())
def test_without_labels_dcom_covers_and_the_others_ask_for_a_model(seed, duplicates):
    request = asked(seed, 5, duplicates, labeled=0, head=False)
    assert len(set(PAPERS["DCoM"](3, 0)(request).tolist())) == 5
    for name in ("BAIT", "ClusterMargin"):
        with pytest.raises(NeedsModel):
            PAPERS[name](3, 0)(request)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 30))
def test_no_group_gives_two_rows_before_each_gave_one(seed, budget):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 8, 30)
    sizes = np.bincount(groups)
    drawn = groups[cluster_margin.round_robin(groups, budget, rng)].tolist()
    expected = []
    for turn in range(30):
        expected += sorted(np.flatnonzero(sizes > turn).tolist(), key=lambda group: (sizes[group], group))
    assert drawn == expected[:budget]


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_bait_adds_and_takes_out_what_the_objective_says(seed):
    rng = np.random.default_rng(seed)
    vectors, labeled, ridge, budget = rng.normal(size=(15, 4)), np.array([3, 7]), 0.1, 3
    information = vectors.T @ vectors / 15

    def objective(rows):
        known = vectors[[*labeled, *rows]]
        return np.trace(np.linalg.inv(ridge * np.eye(4) + known.T @ known) @ information)

    picked: list[int] = []
    for _ in range(2 * budget):
        free = [row for row in range(15) if row not in (*labeled, *picked)]
        picked.append(min(free, key=lambda row: objective([*picked, row])))
    for _ in range(budget):
        picked.remove(min(picked, key=lambda row: objective([other for other in picked if other != row])))
    assert bait.chosen(vectors, labeled, budget, ridge).tolist() == picked


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0, 1))
def test_dcom_takes_the_highest_mix_of_edges_and_doubt(seed, trust):
    rng = np.random.default_rng(seed)
    near = dcom.distances(rng.normal(size=(20, 2))) < 0.8
    unsure, labeled = rng.random(20), np.array([0, 5])
    covered = near[labeled].any(axis=0)
    picked: list[int] = []
    for _ in range(6):
        over = covered | near[picked].any(axis=0)
        closed = [*labeled, *picked]
        edges = np.array([0 if row in closed else (near[row] & ~over).sum() for row in range(20)])
        value = trust * _unit(unsure) + (1 - trust) * _unit(edges)
        picked.append(max((row for row in range(20) if row not in closed), key=lambda row: value[row]))
    assert dcom.herded(near, covered, unsure, labeled, 6, trust).tolist() == picked


def _unit(values):
    wide = values.max() - values.min()
    return (values - values.min()) / wide if wide > 0 else np.zeros(len(values))


def test_competence_rises_to_one():
    found = [dcom.competence(share) for share in np.linspace(0, 1, 11)]
    assert found == sorted(found)
    assert found[0] < 1e-3
    assert found[-1] == 1.0


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0.4, 0.6))
def test_a_radius_is_as_pure_as_asked_and_not_much_further(seed, share):
    rng = np.random.default_rng(seed)
    places = np.sort(rng.random(50))
    apart = np.abs(places - places[:1, None])
    alike = places[None] < 0.5
    (radius,) = dcom.pure_radii(apart, alike, share)
    shares = [(alike & (apart < reach)).sum() / (apart < reach).sum() for reach in (radius - dcom.STEP, radius + 1e-9)]
    assert radius <= dcom.FURTHEST
    assert shares[0] >= share or radius < dcom.STEP
