"""Nearest earlier rows against the definition; what was found before changes nothing; crowds; copies among many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.features import nearest_neighbours
from silverprint.core.features.nearest_neighbours import Nearest, founders, nearest
from silverprint.core.features.sketches import LENGTH
from tests.helpers.jobs import Elsewhere

SEED = 0


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells, probes and crowds that a few hundred rows fill."""
    monkeypatch.setattr(nearest_neighbours, "_ONE_CELL", 32)
    monkeypatch.setattr(nearest_neighbours, "_PROBES", 3)
    monkeypatch.setattr(nearest_neighbours, "_CROWD", 12)
    monkeypatch.setattr(nearest_neighbours, "_CHUNK", 17)


def clustered(seed: int, rows: int, spread: float) -> np.ndarray:
    """Sketches of few dimensions, so that there are ties."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((max(1, rows // 20), 8))
    points = centres[chance.integers(0, len(centres), rows)] + spread * chance.standard_normal((rows, 8))
    return np.rint(LENGTH * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.int16)


def defined(rows: np.ndarray, live: np.ndarray, k: int) -> list[list[tuple[int, int]]]:
    """The k best (product, row) of each row, as the docstrings say, without any haste."""
    exact = rows.astype(np.int64)
    count = len(rows)
    if count < nearest_neighbours._ONE_CELL:
        probed = np.zeros((count, 1), dtype=int)
    else:
        first = founders(count)
        centres = np.random.default_rng(SEED).choice(first, 3 * round(first**0.5), replace=False)
        probed = np.argsort(-(exact @ exact[centres].T), axis=1, kind="stable")[:, : nearest_neighbours._PROBES]
    members = {cell: np.flatnonzero(probed[:, 0] == cell) for cell in np.unique(probed)}
    found = []
    for row in range(count):
        own = members[probed[row, 0]]
        time = np.searchsorted(own, row) // nearest_neighbours._CROWD * nearest_neighbours._CROWD
        seen = {int(one) for cell in probed[row] for one in members[cell][: nearest_neighbours._CROWD]}
        seen |= {int(one) for one in own[time : time + nearest_neighbours._CROWD]}
        earlier = sorted(one for one in seen if one < row and live[one]) if live[row] else []
        ranked = sorted(earlier, key=lambda one: (-int(exact[row] @ exact[one]), one))[:k]
        found.append([(int(exact[row] @ exact[one]), one) for one in ranked])
    return found


def listed(found: Nearest) -> list[list[tuple[int, int]]]:
    return [
        [(int(product), int(row)) for product, row in zip(products, rows, strict=True) if row >= 0]
        for products, rows in zip(found.products, found.rows, strict=True)
    ]


def assert_same(one: Nearest, other: Nearest) -> None:
    for name in vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


POOLS = {
    "seed": st.integers(0, 999),
    "rows": st.integers(0, 200),
    "spread": st.sampled_from([0.0, 0.02, 0.5]),
    "dead": st.sampled_from([0.0, 0.1, 0.9]),
}


@pytest.mark.usefixtures("_small")
@given(**POOLS, k=st.integers(1, 5))
def test_the_nearest_are_those_of_the_definition(seed: int, rows: int, spread: float, dead: float, k: int) -> None:
    points = clustered(seed, rows, spread)
    live = np.random.default_rng(seed).random(rows) >= dead
    assert listed(nearest(points, live, k, SEED)) == defined(points, live, k)


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
@given(**POOLS, k=st.integers(1, 5), asking=st.sampled_from([1, 7, 64]))
def test_jobs_of_any_size_find_the_same(seed: int, rows: int, spread: float, dead: float, k: int, asking: int) -> None:
    points = clustered(seed, rows, spread)
    live = np.random.default_rng(seed).random(rows) >= dead
    here = nearest(points, live, k, SEED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest_neighbours, "_FEW", 0)
        patch.setattr(nearest_neighbours, "_ASKING", asking)
        assert_same(nearest(points, live, k, SEED, run=Elsewhere()), here)


def test_few_rows_are_searched_here() -> None:
    run = Elsewhere()
    nearest(clustered(1, 200, 0.5), np.full(200, True), 4, SEED, run=run)
    assert run.sizes == []


@pytest.mark.usefixtures("_small")
@given(**POOLS, cut=st.floats(0.5, 1), gone=st.sampled_from([0.0, 0.2]), back=st.booleans())
def test_what_was_found_before_changes_nothing(
    seed: int, rows: int, spread: float, dead: float, cut: float, gone: float, back: bool
) -> None:
    """Rows are appended, some of the earlier ones go, and one may come back."""
    points = clustered(seed, rows, spread)
    chance = np.random.default_rng(seed)
    count = round(cut * rows)
    if founders(count) != founders(rows):
        count = rows
    earlier = chance.random(count) >= dead
    before = nearest(points[:count], earlier, 4, SEED)
    live = np.append(earlier & (chance.random(count) >= gone), chance.random(rows - count) >= dead)
    if back and (~live[:count]).any():
        live[np.flatnonzero(~live[:count])[0]] = True
    kept = [values.copy() for values in vars(before).values()]
    assert_same(nearest(points, live, 4, SEED, before), nearest(points, live, 4, SEED))
    assert_same(before, Nearest(*kept))


def test_appending_looks_only_for_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    points, live = clustered(1, 9_000, 0.5), np.full(9_000, True)
    before = nearest(points[:8_500], live[:8_500], 4, SEED)
    sought = []
    search = nearest_neighbours._search
    monkeypatch.setattr(
        nearest_neighbours,
        "_search",
        lambda rows, seekers, *rest: sought.append(seekers) or search(rows, seekers, *rest),
    )
    after = nearest(points, live, 4, SEED, before)
    assert sought[0].tolist() == list(range(8_500, 9_000))
    gone = live.copy()
    gone[17] = False
    nearest(points, gone, 4, SEED, after)
    assert sought[1].tolist() == np.flatnonzero((after.rows == 17).any(axis=1)).tolist()


def test_copies_among_many_rows_are_found() -> None:
    """Each of the last rows is a copy of one of the first, nearer than anything else."""
    chance = np.random.default_rng(4)
    centres = chance.standard_normal((450, 64))
    points = centres[chance.integers(0, 450, 9_000)] + 0.6 * chance.standard_normal((9_000, 64))
    points = np.concatenate([points, points[:900] + 0.02 * chance.standard_normal((900, 64))])
    rows = np.rint(LENGTH * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.int16)
    found = nearest(rows, np.full(9_900, True), 4, SEED)
    assert (found.rows[9_000:] == np.arange(900)[:, None]).any(axis=1).mean() > 0.98
    assert found.crowded == 0
    assert (np.diff(found.cosines, axis=1) <= 0).all()


@pytest.mark.usefixtures("_small")
def test_a_crowd_is_cut_and_counted() -> None:
    points = np.tile(clustered(1, 20, 1.0)[:1], (300, 1))
    live = np.arange(300) % 10 > 0
    found = nearest(points, live, 3, SEED)
    assert found.crowded == live[12:].sum()  # all lie in one cell: the first 12 were compared with all before them
    assert (found.rows[live][3:] >= 0).all()
    assert found.cosines[live][3:] == pytest.approx(1, abs=1e-3)


@given(st.integers(0, 2**40))
def test_founders_are_half_of_the_rows_or_more_and_stay_until_there_are_twice_as_many(count: int) -> None:
    first = founders(count)
    assert count / 2 < first <= count or count == 0 == first
    assert count < nearest_neighbours._ONE_CELL or founders(2 * first - 1) == first
