"""Thumbnails from the tables of `measure`, side by side in an unnamed file, so that a few are read by row.

In a table some thousands lie compressed in one piece, and a million in memory are 2.3 GB.
"""

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.measures.thumbnail_alignment import SIDE
from silverprint.records import MEASURED, THUMBNAILS
from silverprint.store import tables
from silverprint.store.files import disk_errors

_SIZE: Final = SIDE * SIDE  # bytes


@dataclass(frozen=True)
class Thumbnails:
    """
    Attributes:
        descriptor: of the file.
    """

    descriptor: int

    def read(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(n, S, S) grey levels of the pictures at `places`, (n,), among those that were laid out."""
        found = np.empty((len(places), SIDE, SIDE), dtype=np.uint8)
        for picture, place in zip(found, places.tolist(), strict=True):
            os.preadv(self.descriptor, [picture.data], place * _SIZE)
        return found


@contextmanager
def lay_out(folders: Iterable[Path], image_ids: pl.Series, scratch: Path) -> Iterator[Thumbnails]:
    """The thumbnails of `image_ids`, for as long as the context lasts; the file goes with it, and with the process.

    Args:
        folders: of measurements, data/measured/<source>.
        image_ids: (N,) distinct; each has a thumbnail in one of the folders.
        scratch: the folder of the file, which takes 2.3 KB a picture.

    Raises:
        UnavailableError: a folder is not there.
        DataError: a table is damaged.
        DiskError: no space.
    """
    wanted = pl.DataFrame({"image_id": image_ids}).with_row_index("place")
    with disk_errors(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=scratch, buffering=0) as file:
            for folder in folders:
                for part in tables.parts(folder, THUMBNAILS):
                    shown = part.drop_nulls("thumbnail").join(wanted, on="image_id")
                    for place, thumbnail in shown.select("place", "thumbnail").iter_rows():
                        os.pwrite(file.fileno(), thumbnail, place * _SIZE)
            yield Thumbnails(file.fileno())


def forget(part: Path, image_ids: Collection[str]) -> bool:
    """Takes the thumbnails of pictures out of a table of `measure`; their figures stay. Whether it changed."""
    schema = MEASURED | THUMBNAILS
    rows = tables.read(part, schema)
    hidden = pl.col("image_id").is_in(sorted(image_ids))
    if not rows.filter(hidden)["thumbnail"].is_not_null().any():
        return False
    tables.write(rows.with_columns(pl.when(~hidden).then("thumbnail").alias("thumbnail")), part, schema)
    return True
