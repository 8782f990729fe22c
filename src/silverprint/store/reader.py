"""Pictures back from their shards: by name, by byte offset, or all in a row."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.errors import DataError, UnavailableError, restored
from silverprint.records import RAW, empty
from silverprint.store import tables
from silverprint.store.tarring import BLOCK

_OPEN_FILES = 128  # shards held open at a time, well below the usual limit of 1,024


class ShardReader:
    """Reads pictures by `image_id`.

    Args:
        root: one source's folder, their parent (`data/raw`), or several folders of either kind. A picture that lies in
            several of them is read from the first.

    Raises:
        UnavailableError: a folder or a shard is not there.
        DataError: a shard does not hold what its index says.
    """

    def __init__(self, root: Path | Sequence[Path]) -> None:
        given = [root] if isinstance(root, Path) else list(root)
        folders = [folder for path in given for folder in _sources(path)]
        self._open(folders, [tables.read_parts(folder, RAW) for folder in folders])

    @classmethod
    def of_part(cls, index: Path) -> Self:
        """A reader of one part alone, by its index."""
        reader = cls.__new__(cls)
        reader._open([index.parent], [tables.read(index, RAW)])
        return reader

    def _open(self, folders: list[Path], parts: list[pl.DataFrame]) -> None:
        self._folders = folders
        self._index = pl.concat(parts) if parts else empty(RAW)
        self._stored = _Stored(folders, parts)
        self._row = {image_id: row for row, image_id in enumerate(self._stored.image_ids)}

    def index(self) -> pl.DataFrame:
        """Every row of every part (columns RAW), stored or not, in the order of folders and parts."""
        return self._index

    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(image_id, stored bytes) of each picture asked for, in that order.

        Raises:
            DataError: at once, where one of them is not stored here.
        """
        try:
            rows = np.fromiter(map(self._row.__getitem__, image_ids), dtype=np.int64, count=len(image_ids))
        except KeyError as unknown:
            where = ", ".join(map(str, self._folders)) or "no folder"
            raise DataError(f"image_id {unknown.args[0]}", f"no such picture in {where}", "run: dvc repro") from None
        return self._stored.payloads(image_ids, rows)

    def scan(self) -> Iterator[tuple[str, bytes]]:
        """(image_id, stored bytes) of every stored picture once, in the order in which they lie on the disk."""
        return self._stored.payloads(self._stored.image_ids, np.arange(len(self._stored.image_ids)))


class _Stored:
    """Every stored picture once, in the order of folders, shards and offsets, and the files they lie in.

    Attributes:
        image_ids: (N,) one a row.
    """

    def __init__(self, folders: list[Path], parts: list[pl.DataFrame]) -> None:
        rows = _once(parts)
        self.image_ids: list[str] = rows["image_id"].to_list()
        self._offsets, self._sizes = rows["offset"].to_numpy(), rows["size"].to_numpy()
        of_row = rows.select(pl.struct("folder", "shard").rle_id()).to_series().cast(pl.Int64).to_numpy()
        self._shard_of: NDArray[np.int64] = of_row
        self._first = np.flatnonzero(np.diff(of_row, prepend=-1))  # row, of each shard
        self._shards = [folders[folder] / name for folder, name in rows[self._first].select("folder", "shard").rows()]

    def payloads(self, image_ids: Sequence[str], rows: NDArray[np.int64]) -> Iterator[tuple[str, bytes]]:
        """(name, bytes) of each row; what the loop does costs as much as a tenth of the reading, so it does little."""
        columns = (column[rows].tolist() for column in (self._shard_of, self._sizes, self._offsets))
        files, opened = [-1] * len(self._shards), deque[int]()
        pread = os.pread
        try:
            for image_id, shard, size, offset in zip(image_ids, *columns, strict=True):
                if files[shard] < 0:
                    if len(opened) == _OPEN_FILES:
                        oldest = opened.popleft()
                        os.close(files[oldest])
                        files[oldest] = -1
                    files[shard] = self._opened(shard)
                    opened.append(shard)
                payload = pread(files[shard], size, offset)
                if len(payload) != size:
                    raise self._misplaced(shard, image_id, offset)
                yield image_id, payload
        finally:
            for shard in opened:
                os.close(files[shard])

    def _opened(self, shard: int) -> int:
        """A shard opened, once its first and last picture are where the index says.

        The header before a payload names its picture. A shard and an index that do not belong together differ from one
        of these two on; to look at every header would cost a fifth of the reading (`silverprint doctor` reads all).
        """
        path = self._shards[shard]
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise UnavailableError(str(path), "the shard is not there", f"run: dvc pull {path.parent}") from None
        last = (self._first[shard + 1] if shard + 1 < len(self._first) else len(self.image_ids)) - 1
        for row in (int(self._first[shard]), int(last)):
            name, offset = self.image_ids[row], int(self._offsets[row])
            if os.pread(descriptor, len(name), offset - BLOCK) != name.encode():
                os.close(descriptor)
                raise self._misplaced(shard, name, offset)
        return descriptor

    def _misplaced(self, shard: int, image_id: str, offset: int) -> DataError:
        path = self._shards[shard]
        rule = f"picture {image_id} is not at byte {offset}, where the index says"
        return DataError(str(path), rule, restored(path.parent))


def _sources(path: Path) -> list[Path]:
    """`path` itself where it holds parts, else its subfolders."""
    if not path.is_dir():
        raise UnavailableError(str(path), "the folder is not there", f"run: dvc pull {path}, or dvc repro")
    below = sorted(folder for folder in path.iterdir() if folder.is_dir())
    return below if below and not any(path.glob("index-*.parquet")) else [path]


def _once(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The stored rows of all folders, with `folder` (its number), each picture once."""
    frames = [
        part.filter(pl.col("outcome") == "stored").with_columns(folder=pl.lit(number, pl.Int64))
        for number, part in enumerate(parts)
    ]
    if not frames:
        return empty(RAW).with_columns(folder=pl.lit(None, pl.Int64))
    return pl.concat(frames).unique("image_id", keep="first", maintain_order=True).sort("folder", "shard", "offset")
