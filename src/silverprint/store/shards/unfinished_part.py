"""Part of a source's folder while it is written: a tar that grows by pages, and the rows that will be its index."""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint.imaging.byte_spans import Piece, sha256_of
from silverprint.records import RAW
from silverprint.store import tables
from silverprint.store.files import disk_errors
from silverprint.store.shards.names import index_name, shard_name, unfinished_index
from silverprint.store.shards.tar_header import BLOCK, member_header
from silverprint.store.storage import Storage
from silverprint.store.storage.pointer import pointer_path

PAGE: Final = 2**21  # bytes; the largest page that x86-64 and arm64 have for files
MOST_WAITING: Final = 2**26  # bytes

_EXTENSION = {"jpeg": "jpg"}
_PLACE = ("shard", "offset", "size", "stored_sha256", "format")


class PageWriter:
    """Writes `path` anew, PAGE bytes at a time, in a thread of its own: who crawls does not wait for the disk.

    What is not yet a page waits in memory, and at most MOST_WAITING bytes that the disk has not taken.

    Raises:
        OSError: from the constructor, `write` or `finish`: no space, or the folder cannot be written; from `write`
            perhaps a few calls late.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._thread = ThreadPoolExecutor(1, "pages")
        self._new: list[Piece] = []
        self._bytes = 0  # of them
        self._handed: deque[tuple[int, Future[None]]] = deque()  # to the thread: bytes, and what became of them
        self._rest = b""  # less than a page; the thread's

    def write(self, *parts: Piece) -> None:
        self._new += parts
        self._bytes += sum(map(len, parts))
        if self._bytes >= PAGE:
            self._hand_over()
        while self._handed and (self._handed[0][1].done() or sum(size for size, _ in self._handed) > MOST_WAITING):
            self._handed.popleft()[1].result()

    def finish(self) -> None:
        """Writes what waits, through to the disk, and closes the file."""
        self._hand_over(to_the_end=True)
        for _, written in self._handed:
            written.result()
        os.fsync(self._file.fileno())
        self.close()

    def close(self) -> None:
        """Drops what waits."""
        self._thread.shutdown(cancel_futures=True)
        self._file.close()

    def _hand_over(self, *, to_the_end: bool = False) -> None:
        self._handed.append((self._bytes, self._thread.submit(self._append, self._new, to_the_end=to_the_end)))
        self._new, self._bytes = [], 0

    def _append(self, parts: list[Piece], *, to_the_end: bool) -> None:
        """Writes whole pages, or all there is."""
        joined = memoryview(b"".join([self._rest, *parts]))
        count = len(joined) if to_the_end else len(joined) - len(joined) % PAGE
        for start in range(0, count, PAGE):
            page = joined[start : min(start + PAGE, count)]
            while page:  # the disk is nearly full where one call does not do
                page = page[self._file.write(page) or 0 :]
        self._rest = bytes(joined[count:])


class Part:
    """
    Attributes:
        number: of the part in its folder.
        rows: of its index, those of duplicates without the place of their picture.
        names: image_ids of the pictures stored in it.
        copied: numbers of the other parts that hold pictures of which it has duplicates.
        end: of the tar, bytes.
    """

    def __init__(self, root: Path, number: int, storage: Storage) -> None:
        self.root, self.number, self._storage = root, number, storage
        self.rows: list[Mapping[str, Any]] = []
        self.names: set[str] = set()
        self.copied: set[int] = set()
        self.end = 0
        self.shard = root / shard_name(number)
        self.index = root / index_name(number)
        self._hidden = root / f".{self.shard.name}.part"
        self._tar: PageWriter | None = None

    def store(self, row: dict[str, Any], payload: Sequence[Piece]) -> None:
        """Appends a picture and its row; its place is filled in, and `stored_sha256` unless it is there.

        Raises:
            DiskError: no space.
        """
        size, form = sum(map(len, payload)), row["format"]
        header = member_header(f"{row['image_id']}.{_EXTENSION.get(form, form)}", size)
        padding = bytes(-size % BLOCK)
        with disk_errors(self._hidden):
            if self._tar is None:
                self._tar = PageWriter(self._hidden)
            self._tar.write(header, *payload, padding)
        row["shard"], row["offset"], row["size"] = self.shard.name, self.end + BLOCK, size
        row["stored_sha256"] = row.get("stored_sha256") or sha256_of(payload)
        self.end += BLOCK + size + len(padding)
        self.names.add(row["image_id"])
        self.rows.append(row)

    def finish(self, index: pl.DataFrame) -> None:
        """Makes the tar and its index whole, on the disk, and gives them their names.

        Both lie there under hidden names before the first has its own, so that a kill costs no whole part
        (`names.settle`), and a shard without an index is one that was lost. A part whose tar did not get into a bucket
        is lost with a kill.
        """
        waiting = unfinished_index(self.index)
        with disk_errors(self.shard):
            if self._tar is not None:
                self._tar.write(bytes(2 * BLOCK))
                self._tar.finish()
            tables.write(index, waiting, RAW)
            if self._tar is not None:
                self._storage.publish(self._hidden, self.shard)
            waiting.rename(self.index)

    def discard(self) -> None:
        """Removes what was written of it."""
        unfinished_index(self.index).unlink(missing_ok=True)
        if self._tar is not None:
            self._tar.close()
            for path in (self._hidden, self.shard, pointer_path(self.shard)):
                path.unlink(missing_ok=True)


def publish(part: Part) -> None:
    """Makes `part` final.

    Raises:
        DiskError: no space; nothing is left of the part.
        UnavailableError, NotAllowedError: nor where the bucket does not take it.
    """
    try:
        part.finish(_placed(part).sort("url", "page_url"))
    except BaseException:
        part.discard()
        raise


def _placed(part: Part) -> pl.DataFrame:
    """The rows of `part`, duplicates with the places of their pictures."""
    rows = pl.DataFrame(part.rows, schema=RAW)
    is_copy = pl.col("outcome") == "duplicate"
    copies = rows.filter(is_copy)
    if copies.is_empty():
        return rows
    others = [tables.read(part.root / index_name(number), RAW) for number in sorted(part.copied)]
    stored = pl.concat([rows, *others]).filter(pl.col("outcome") == "stored").select("image_id", *_PLACE)
    placed = copies.drop(_PLACE).join(stored, on="image_id", how="left").select(rows.columns)
    return pl.concat([rows.filter(~is_copy), placed])
