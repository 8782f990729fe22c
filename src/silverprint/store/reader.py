"""Pictures back from their shards: by name, by byte offset, or all in a row."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

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
        self._folders = [folder for path in given for folder in _sources(path)]
        parts = [tables.read_parts(folder, RAW) for folder in self._folders]
        self._index = pl.concat(parts) if parts else empty(RAW)
        self._stored = _stored(parts)
        self._row = {image_id: row for row, image_id in enumerate(self._stored["image_id"])}

    def index(self) -> pl.DataFrame:
        """Every row of every part (columns RAW), stored or not, in the order of folders and parts."""
        return self._index

    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(image_id, stored bytes) of each picture asked for, in that order.

        Raises:
            DataError: at once, where one of them is not stored here.
        """
        unknown = next((image_id for image_id in image_ids if image_id not in self._row), None)
        if unknown is not None:
            where = ", ".join(map(str, self._folders)) or "no folder"
            raise DataError(f"image_id {unknown}", f"no such picture in {where}", "run: dvc repro")
        return self._read([self._row[image_id] for image_id in image_ids])

    def scan(self) -> Iterator[tuple[str, bytes]]:
        """(image_id, stored bytes) of every stored picture once, in the order in which they lie on the disk."""
        return self._read(range(len(self._stored)))

    def _read(self, rows: Sequence[int]) -> Iterator[tuple[str, bytes]]:
        wanted = self._stored.select("image_id", "folder", "shard", "offset", "size")[list(rows)]
        with _Files() as files:
            for image_id, folder, shard, offset, size in wanted.iter_rows():
                yield image_id, files.payload(self._folders[folder] / shard, image_id, offset, size)


class _Files:
    """Open shards, the most recently used ones."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, int] = OrderedDict()

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def payload(self, shard: Path, image_id: str, offset: int, size: int) -> bytes:
        # The header before the payload names the picture: the cheapest proof that index and shard belong together.
        block = os.pread(self._descriptor(shard), BLOCK + size, offset - BLOCK)
        if len(block) != BLOCK + size or not block.startswith(image_id.encode()):
            rule = f"picture {image_id} is not at byte {offset}, where the index says"
            raise DataError(str(shard), rule, restored(shard.parent))
        return block[BLOCK:]

    def _descriptor(self, shard: Path) -> int:
        if shard in self._open:
            self._open.move_to_end(shard)
            return self._open[shard]
        try:
            self._open[shard] = os.open(shard, os.O_RDONLY)
        except FileNotFoundError:
            raise UnavailableError(str(shard), "the shard is not there", f"run: dvc pull {shard.parent}") from None
        if len(self._open) > _OPEN_FILES:
            os.close(self._open.popitem(last=False)[1])
        return self._open[shard]


def _sources(path: Path) -> list[Path]:
    """`path` itself where it holds parts, else its subfolders."""
    if not path.is_dir():
        raise UnavailableError(str(path), "the folder is not there", f"run: dvc pull {path}, or dvc repro")
    below = sorted(folder for folder in path.iterdir() if folder.is_dir())
    return below if below and not any(path.glob("index-*.parquet")) else [path]


def _stored(parts: list[pl.DataFrame]) -> pl.DataFrame:
    frames = [
        part.filter(pl.col("outcome") == "stored").with_columns(folder=pl.lit(number, pl.Int64))
        for number, part in enumerate(parts)
    ]
    if not frames:
        return empty(RAW).with_columns(folder=pl.lit(None, pl.Int64))
    return pl.concat(frames).unique("image_id", keep="first", maintain_order=True).sort("folder", "shard", "offset")
