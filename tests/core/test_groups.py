"""Who stands for whom among near-duplicates, and what a group is called."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.groups import group_names, stand_ins
from silverprint.core.hashing import hamming


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 255), max_size=60), st.integers(0, 3))
def test_each_stands_for_itself_or_gives_way_to_the_best_kept_one_near_it(values, radius):
    hashes = np.array(values, dtype=np.uint64).reshape(-1, 1)
    by = stand_ins(hashes, radius)
    kept: list[int] = []
    for row, stand_in in enumerate(by.tolist()):
        near = [other for other in kept if hamming(hashes[row], hashes[other]) <= radius]
        assert stand_in == (near[0] if near else row)
        if not near:
            kept.append(row)


def test_the_end_of_a_chain_is_not_dropped_for_its_far_head():
    chain = np.array([[0b000], [0b001], [0b011]], dtype=np.uint64)
    assert stand_ins(chain, 1).tolist() == [0, 0, 2]


def test_a_group_keeps_its_name_while_others_come_and_go():
    ids = pl.Series([f"{number:x}".ljust(64, "0") for number in (3, 5, 9, 12)])
    before = group_names(ids, np.array([0, 1, 1, 3]))
    after = group_names(ids[1:], np.array([0, 0, 2]))
    assert before[1:].to_list() == after.to_list()
    assert before.dtype == pl.Int64
    assert before.n_unique() == 3
    assert (before >= 0).all()
