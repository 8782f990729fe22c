"""Shards on this disk: the position of every stored image, and its bytes."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.records import RAW, empty
from silverprint.store.shards.mmap_reader import Images, read_images
from silverprint.store.shards.tar_header import BLOCK


class StoredImages:
    """Every stored picture once, in the order of folders, shards and offsets.

    Args:
        folders: of the sources; a path, or the address of an S3 prefix.
        parts: their rows (columns RAW), in the same order.

    Attributes:
        image_ids: (N,) one a row.
        offsets: (N,) int64, of the payload in its shard, bytes.
        sizes: (N,) int64, of the payload, bytes.
        shard_of: (N,) int64, ascending.
        shards: the path or address of each shard.
    """

    def __init__(self, folders: Sequence[str], parts: Sequence[pl.DataFrame]) -> None:
        rows = _once(parts)
        self.image_ids: list[str] = rows["image_id"].to_list()
        self.offsets: NDArray[np.int64] = rows["offset"].to_numpy()
        self.sizes: NDArray[np.int64] = rows["size"].to_numpy()
        self.shard_of: NDArray[np.int64] = (
            rows.select(pl.struct("folder", "shard").rle_id()).to_series().cast(pl.Int64).to_numpy()
        )
        self._first = np.flatnonzero(np.diff(self.shard_of, prepend=-1))  # row, of each shard
        names = rows[self._first].select("folder", "shard").rows()
        self.shards = [f"{folders[folder]}/{name}" for folder, name in names]

    def ends(self, shard: int) -> tuple[int, int]:
        """The rows of a shard's first and last picture."""
        after = self._first[shard + 1] if shard + 1 < len(self._first) else len(self.image_ids)
        return int(self._first[shard]), int(after) - 1


class LocalShards(StoredImages):
    """Pictures in shards on this disk."""

    def payloads(self, image_ids: Sequence[str], rows: NDArray[np.int64]) -> Images:
        """(name, bytes) of each row, in that order."""
        return read_images(self._opened, image_ids, self.shard_of[rows], self.offsets[rows], self.sizes[rows])

    def _opened(self, shard: int) -> int:
        """A shard opened, once it is long enough, and its first and last picture are where the index says.

        The header before a payload names its picture. A shard and an index that do not belong together differ from one
        of these two on; to look at every header would cost a fifth of the reading (`silverprint doctor` reads all).
        """
        path = Path(self.shards[shard])
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise UnavailableError(str(path), "the shard is not there", f"run: dvc pull {path.parent}") from None
        first, last = self.ends(shard)
        for row in (first, last):
            name, offset = self.image_ids[row], int(self.offsets[row])
            end = offset + int(self.sizes[row])
            header = os.pread(descriptor, len(name), offset - BLOCK) if offset >= BLOCK else b""
            if header != name.encode() or os.fstat(descriptor).st_size < end:
                os.close(descriptor)
                rule = f"picture {name} is not at byte {offset}, where the index says"
                raise DataError(str(path), rule, restore_remedy(path.parent))
        return descriptor


def _once(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The stored rows of all folders, with `folder` (its number), each picture once."""
    frames = [
        part.filter(pl.col("outcome") == "stored").with_columns(folder=pl.lit(number, pl.Int64))
        for number, part in enumerate(parts)
    ]
    if not frames:
        return empty(RAW).with_columns(folder=pl.lit(None, pl.Int64))
    return pl.concat(frames).unique("image_id", keep="first", maintain_order=True).sort("folder", "shard", "offset")
