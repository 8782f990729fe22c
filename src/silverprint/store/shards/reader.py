"""Reader of shards, on this disk or on S3: images by name, or all in a row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.records import RAW, empty
from silverprint.store import tables
from silverprint.store.s3 import SCHEME
from silverprint.store.shards import prefixes
from silverprint.store.shards.local import read_local
from silverprint.store.shards.mmap_reader import Images
from silverprint.store.shards.remote import read_remote
from silverprint.store.shards.span import Span


class ShardReader:
    """Reads pictures by `image_id`.

    Args:
        root: one source's folder, their parent (`data/raw`), or several folders of either kind; or all of them as
            `s3://bucket/prefix`. A picture that lies in several of them is read from the first.

    Raises:
        UnavailableError: a folder or a shard is not there, or S3 does not answer.
        NotAllowedError: S3 does not let us read.
        DataError: a shard does not hold what its index says.
        ConfigError: some folders are on S3 and some are not.

    Attributes:
        stored: every stored picture once, in the order of folders, shards and offsets.
    """

    def __init__(self, root: Path | str | Sequence[Path | str]) -> None:
        given = [str(path) for path in ([root] if isinstance(root, Path | str) else root)]
        on_s3 = [path for path in given if path.startswith(SCHEME)]
        if on_s3 and len(on_s3) < len(given):
            raise ConfigError(", ".join(given), "some are on S3 and some on this disk", "read them one after the other")
        if on_s3:
            self._folders = [folder for path in on_s3 for folder in prefixes.sources(path.rstrip("/"))]
            self._take([prefixes.index(folder) for folder in self._folders])
        else:
            self._folders = [str(folder) for path in given for folder in _sources(Path(path))]
            self._take([tables.read_parts(Path(folder), RAW) for folder in self._folders])

    @classmethod
    def of_part(cls, index: Path) -> Self:
        """A reader of one part alone, by its index."""
        reader = cls.__new__(cls)
        reader._folders = [str(index.parent)]
        reader._take([tables.read(index, RAW)])
        return reader

    def _take(self, parts: list[pl.DataFrame]) -> None:
        self._index = pl.concat(parts) if parts else empty(RAW)
        self.stored = Span.of(self._folders, parts)
        self._row = {image_id: row for row, image_id in enumerate(self.stored.image_ids)}

    def index(self) -> pl.DataFrame:
        """Every row of every part (columns RAW), stored or not, in the order of folders and parts."""
        return self._index

    def span(self, image_ids: Sequence[str]) -> Span:
        """Where each picture asked for lies, in that order.

        Raises:
            DataError: one of them is not stored here.
        """
        try:
            rows = np.array(list(map(self._row.__getitem__, image_ids)), dtype=np.int64)
        except KeyError as unknown:
            where = ", ".join(self._folders) or "no folder"
            value = f"image_id {unknown.args[0]}"
            raise DataError(value, f"no such picture in {where}", "run: silverprint repro") from None
        return self.stored.at(rows, image_ids)

    def read(self, image_ids: Sequence[str]) -> Images:
        """(image_id, stored bytes) of each picture asked for, in that order.

        Raises:
            DataError: at once, where one of them is not stored here.
        """
        return read_span(self.span(image_ids))

    def scan(self) -> Images:
        """(image_id, stored bytes) of every stored picture once, in the order in which they lie on the disk."""
        return read_span(self.stored)


def read_span(span: Span) -> Images:
    """(image_id, stored bytes) of each picture, in that order.

    Raises:
        UnavailableError, NotAllowedError: a shard cannot be read.
        DataError: a shard does not hold what its index says.
    """
    on_s3 = np.array([shard.startswith(SCHEME) for shard in span.shards], dtype=np.bool_)
    if not on_s3.any():
        return read_local(span)
    return read_remote(span) if on_s3.all() else _read_both(span, on_s3[span.shard_of])


def _read_both(span: Span, on_s3: NDArray[np.bool_]) -> Images:
    """Of a source whose storage was changed: its older parts are where they were."""
    here, there = (read(span.at(np.flatnonzero(some))) for read, some in ((read_local, ~on_s3), (read_remote, on_s3)))
    return (next(there) if remote else next(here) for remote in on_s3.tolist())


def _sources(path: Path) -> list[Path]:
    """`path` itself where it holds parts, else its subfolders."""
    if not path.is_dir():
        raise UnavailableError(str(path), "the folder is not there", f"run: dvc pull {path}, or silverprint repro")
    below = sorted(folder for folder in path.iterdir() if folder.is_dir())
    return below if below and not any(path.glob("index-*.parquet")) else [path]
