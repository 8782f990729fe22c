import json

import numpy as np
import polars as pl

from silverprint.core.evaluation.targets import one_hot, vote_shares

CLASSES = ("cat", "dog", "bird")


def test_a_label_is_all_of_its_target() -> None:
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_votes_are_shared_among_the_classes_alone() -> None:
    said = [{"cat": 0.75, "dog": 0.25}, {"bird": 0.5, "none": 0.5}, {"none": 1.0}, {}]
    rows = pl.DataFrame({"label": ["cat", "bird", "dog", "cat"], "distribution": [json.dumps(one) for one in said]})
    expected = [[0.75, 0.25, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert vote_shares(rows, CLASSES).tolist() == expected
