"""Pairs that may be the same picture, and components that they unite."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from silverprint.core.duplicates.look_alikes import candidate_pairs, join_components, unlikeness
from silverprint.core.features.nearest_neighbours import Nearest
from silverprint.core.features.sketches import LENGTH


def test_each_pair_is_a_candidate_by_its_places_where_features_allow_it() -> None:
    rows = np.array([[-1, -1], [0, -1], [1, 0], [-1, -1]], dtype=np.int32)
    cosines = np.array([[-1, -1], [0.9, -1], [0.7, 0.4], [-1, -1]])
    near = Nearest(rows[:, 0] >= 0, rows[:, 0], rows, np.rint(LENGTH**2 * cosines).astype(np.int32))
    found = candidate_pairs(near, np.array([7, 3, 5, -1]), limit=1.0)
    assert found.select("left", "right").rows() == [(3, 5), (3, 7)]
    assert found["cosine"].round(6).to_list() == [0.7, 0.9]
    assert candidate_pairs(near, np.arange(4), limit=0.0).is_empty()


def test_unlikeness_is_nothing_for_the_same_and_grows_with_either_part() -> None:
    rows = pl.DataFrame({"cosine": [1.0, 0.9, 1.0], "residual": [0.0, 0.0, 0.2]})
    assert rows.select(u=unlikeness())["u"].round(6).to_list() == [0.0, 0.2, 0.8]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30), st.integers(0, 10))
def test_united_components_are_those_of_the_graph(pairs: list[tuple[int, int]], earlier: int) -> None:
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    before = join_components(np.arange(20), edges[:earlier])
    found = join_components(before, edges[earlier:])
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(20, 20))
    _, labels = connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)
    assert found.tolist() == first[labels].tolist()
