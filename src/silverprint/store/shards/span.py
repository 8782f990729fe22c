"""Pictures and where each lies: what a worker needs to read them, wherever it works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.records import RAW, empty
from silverprint.store.s3 import SCHEME
from silverprint.store.storage import content


@dataclass(frozen=True)
class Span:
    """
    Attributes:
        image_ids: (n,) in the order in which they are read.
        shards: the path or address of each shard.
        shard_of: (n,) int64, numbers in `shards`.
        offsets: (n,) int64, of the payload in its shard, bytes.
        sizes: (n,) int64, of the payload, bytes.
    """

    image_ids: Sequence[str]
    shards: Sequence[str]
    shard_of: NDArray[np.int64]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, folders: Sequence[str], parts: Sequence[pl.DataFrame]) -> Self:
        """Every stored picture of sources once, in the order of folders, shards and offsets.

        Args:
            folders: of the sources; a path, or the address of an S3 prefix.
            parts: their rows (columns RAW), in the same order.
        """
        rows = _once(parts)
        shard_of = rows.select(pl.struct("folder", "shard").rle_id()).to_series().cast(pl.Int64).to_numpy()
        first = np.flatnonzero(np.diff(shard_of, prepend=-1))
        shards = [_address(folders[folder], name) for folder, name in rows[first].select("folder", "shard").rows()]
        return cls(rows["image_id"].to_list(), shards, shard_of, rows["offset"].to_numpy(), rows["size"].to_numpy())

    def __len__(self) -> int:
        return len(self.image_ids)

    def at(self, rows: NDArray[np.int64], image_ids: Sequence[str] | None = None) -> Self:
        """The pictures in these rows, in that order; `image_ids` where their names are at hand."""
        names = [self.image_ids[row] for row in rows.tolist()] if image_ids is None else image_ids
        return type(self)(names, self.shards, self.shard_of[rows], self.offsets[rows], self.sizes[rows])

    def pieces(self, most: int) -> Iterator[Self]:
        """The same in pieces of at most `most` pictures, each with the shards that it needs and no others."""
        for start in range(0, len(self), most):
            cut = slice(start, start + most)
            used, shard_of = np.unique(self.shard_of[cut], return_inverse=True)
            shards = [self.shards[number] for number in used.tolist()]
            yield type(self)(self.image_ids[cut], shards, shard_of, self.offsets[cut], self.sizes[cut])


def _address(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder.startswith(SCHEME) else content.address(Path(folder) / name)


def _once(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The stored rows of all folders, with `folder` (its number), each picture once."""
    frames = [
        part.filter(pl.col("outcome") == "stored").with_columns(folder=pl.lit(number, pl.Int64))
        for number, part in enumerate(parts)
    ]
    if not frames:
        return empty(RAW).with_columns(folder=pl.lit(None, pl.Int64))
    return pl.concat(frames).unique("image_id", keep="first", maintain_order=True).sort("folder", "shard", "offset")
