"""What a group is called."""

import numpy as np
import polars as pl

from silverprint.core.duplicates.groups import describe, group_names, largest_groups


def test_a_group_keeps_its_name_while_others_come_and_go():
    ids = pl.Series([f"{number:x}".ljust(64, "0") for number in (3, 5, 9, 12)])
    before = group_names(ids, np.array([0, 1, 1, 3]))
    after = group_names(ids[1:], np.array([0, 0, 2]))
    assert before[1:].to_list() == after.to_list()
    assert before.dtype == pl.Int64
    assert before.n_unique() == 3
    assert (before >= 0).all()


def test_the_largest_groups_are_told_with_an_example_and_the_knobs():
    ids = [f"{number:08x}" for number in range(8)]
    pictures = pl.DataFrame({"image_id": ids, "group": [1, 2, 3, 2, 4, 2, 3, 5]})
    assert largest_groups(pictures).rows() == [(3, ids[1]), (2, ids[2])]
    line = describe(pictures)
    assert line.startswith("8 pictures lie in 5 groups")
    assert "3 like 00000001, 2 like 00000002" in line
    assert "clean.group_radius" in line
