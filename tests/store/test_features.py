"""Features read in the order of the disk are those read in the order asked."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.errors import DataError
from silverprint.store import features
from silverprint.store.features import Features

NAMES = [f"{number:064x}" for number in range(20)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("embed")
    features.write_description(root, {"blocks": {"final": 3, "middle": 2}})
    rows = np.random.default_rng(0).standard_normal((20, 5)).astype(np.float16)
    for part in (range(7), range(7, 12), range(12, 20)):
        features.append(root, [NAMES[number] for number in part], [rows[part]])
    return root


@pytest.mark.slow
@settings(max_examples=40)
@given(wanted=st.lists(st.sampled_from(range(20)), unique=True), size=st.integers(1, 9))
def test_a_scan_gives_every_row_once_with_its_place(folder: Path, wanted: list[int], size: int) -> None:
    names = pl.Series([NAMES[number] for number in wanted], dtype=pl.String)
    here = Features(folder)
    batches = list(here.scan(names, size))
    assert all(len(places) == len(rows) <= size for places, rows in batches)
    assert sorted(place for places, _ in batches for place in places) == list(range(len(wanted)))
    assert (here.gathered(names) == here.matrix(names.to_list())).all()


def test_a_picture_without_features_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=f"{'f' * 64}: the picture has no features"):
        Features(folder).gathered(pl.Series([NAMES[3], "f" * 64]))
