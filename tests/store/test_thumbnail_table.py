"""Thumbnails laid out of several tables come back by place; nothing stays on the disk."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silverprint.core.measures.thumbnail_alignment import SIDE
from silverprint.errors import UnavailableError
from silverprint.records import MEASURED, THUMBNAILS
from silverprint.store import tables
from silverprint.store.thumbnail_table import lay_out


def test_any_of_them_come_back_by_place_and_the_file_goes(tmp_path: Path) -> None:
    shown = np.random.default_rng(0).integers(0, 256, (30, SIDE, SIDE), dtype=np.uint8)
    names = [f"{number:064x}" for number in range(30)]
    cells = [None if number == 4 else shown[number].tobytes() for number in range(30)]
    for start, stop, source in ((0, 7, "web"), (7, 20, "web"), (20, 30, "partner"), (4, 5, "shop")):
        part = pl.DataFrame({"image_id": names[start:stop], "thumbnail": cells[start:stop]}, schema=THUMBNAILS)
        if source == "shop":  # of the other source it was purged
            part = part.with_columns(thumbnail=pl.lit(shown[4].tobytes()))
        tables.write(part, tmp_path / source / f"part-{start:05d}.parquet", MEASURED | THUMBNAILS)
    wanted = [27, 3, 8, 4, 19]
    scratch = tmp_path / "var"
    folders = [tmp_path / source for source in ("shop", "web", "partner")]
    with lay_out(folders, pl.Series([names[number] for number in wanted]), scratch) as thumbnails:
        places = np.array([4, 0, 3, 3, 1])
        assert (thumbnails.read(places) == shown[np.array(wanted)[places]]).all()
        assert thumbnails.read(np.empty(0, dtype=np.int64)).shape == (0, SIDE, SIDE)
        assert not list(scratch.iterdir())


def test_a_source_that_was_not_measured_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(UnavailableError, match="absent"), lay_out([absent], pl.Series(["a"]), tmp_path):
        pass
