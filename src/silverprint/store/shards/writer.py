"""Writer of shards: immutable tars (WebDataset reads them) and one Parquet index part beside each."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import polars as pl

from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.imaging.byte_spans import Piece
from silverprint.records import RAW
from silverprint.store import tables
from silverprint.store.files import disk_errors
from silverprint.store.int_map import IntMap
from silverprint.store.shards.names import index_numbers, part_number, settle, shards_without_index
from silverprint.store.shards.unfinished_part import Part, publish
from silverprint.store.storage import DISK_STORAGE, Storage, content

_SHARE: Final = 16  # a part holds at most 1/16 of the source, which is what a kill may cost
_MOST_BYTES: Final = 4_000_000_000


class ShardWriter:
    """Appends parts to a source's folder; a part, once finished, is never written again.

    A part is `shard-NNNNN.tar` and `index-NNNNN.parquet`; what a kill left of one is put in order here. Used as a
    context, the open part is finished at the end, or dropped on an exception.
    While a full part is flushed to the disk, by a thread, the next one is open already.

    Parts grow with the source, so that a million pictures are some seventy parts: DVC asks after every file, once for
    each stage that depends on it.

    Args:
        root: the source's folder; made if absent, continued if not.
        max_bytes: of payload, at which a part is finished; or a sixteenth of the source, if that is more.
        max_pictures: rows (stored or not) at which a part is finished; likewise.
        storage: of the tars.

    Raises:
        DiskError: no space; what was finished before stays, the open part vanishes.
        UnavailableError: a shard that an index names is not there, or the bucket does not answer.
        NotAllowedError: the bucket is closed to us.
        DataError: a shard is shorter than its index says, or has none.
    """

    def __init__(
        self,
        root: Path,
        *,
        max_bytes: int = 256_000_000,
        max_pictures: int = 20_000,
        storage: Storage = DISK_STORAGE,
    ) -> None:
        self.root, self._storage = root, storage
        self._least = max_bytes, max_pictures
        with disk_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            settle(root)
        numbers = index_numbers(root)
        index = tables.read_parts(root, RAW)
        stored = index.filter(pl.col("outcome") == "stored")
        _require_shards(root, stored)
        self._bytes, self._rows = int(stored["size"].sum()), index.height  # totals of the finished parts
        self._open = Part(root, numbers[-1] + 1 if numbers else 0, storage)
        # The part of each picture in the others, by the hash of its name: 16 bytes a picture are all that is kept.
        self._parts = IntMap(map(hash, stored["image_id"]), map(part_number, stored["shard"]))
        self._flusher = ThreadPoolExecutor(1, "shards")
        self._flushed: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.finish()
            else:
                self.discard()
        finally:
            self._flusher.shutdown()

    def __contains__(self, image_id: str) -> bool:
        """Whether the picture is stored."""
        return image_id in self._open.names or hash(image_id) in self._parts

    def add(self, row: Mapping[str, Any], payload: bytes | Sequence[Piece] | None = None) -> str:
        """Appends a RAW row, with the bytes to store where there are some; returns the row's outcome.

        A row with `image_id` becomes `stored`, or `duplicate` where that picture lies here already; `shard`, `offset`,
        `size`, `stored_sha256` (unless the row has it) and `format` of a duplicate are filled in. A row without keeps
        its own outcome.

        Raises:
            ValueError: a new `image_id` without a payload.
        """
        image_id, outcome = row.get("image_id"), row.get("outcome")
        if image_id is None:
            self._open.rows.append(row)
        elif image_id in self:
            outcome = "duplicate"
            self._open.rows.append({**row, "outcome": outcome})
            if image_id not in self._open.names:
                self._open.copied.add(self._parts[hash(image_id)])
        elif payload is None:
            raise ValueError(f"image_id {image_id} is not stored here, and comes without bytes")
        else:
            outcome = "stored"
            self._store({**row, "outcome": outcome}, (payload,) if isinstance(payload, bytes) else payload)
        if len(self._open.rows) >= part_limit(self._rows, self._least[1]):
            self._turn_over()
        return str(outcome)

    def finish(self) -> None:
        """Makes the open part final; nothing happens where it has no row."""
        self._turn_over()
        self._await_flushed()

    def discard(self) -> None:
        """Drops the open part."""
        self._open.discard()
        self._open = Part(self.root, self._open.number, self._storage)

    def _store(self, row: dict[str, Any], payload: Sequence[Piece]) -> None:
        most = min(part_limit(self._bytes, self._least[0]), _MOST_BYTES)
        if self._open.end + sum(map(len, payload)) > most:
            self._turn_over()
        try:
            self._open.store(row, payload)
        except BaseException:
            self.discard()
            raise

    def _turn_over(self) -> None:
        """Has the open part made final, and opens the next."""
        self._await_flushed()
        part = self._open
        if not part.rows:
            return
        for image_id in part.names:
            self._parts[hash(image_id)] = part.number
        self._bytes, self._rows = self._bytes + part.end, self._rows + len(part.rows)
        self._open = Part(self.root, part.number + 1, self._storage)
        self._flushed = self._flusher.submit(publish, part)

    def _await_flushed(self) -> None:
        if self._flushed is not None:
            flushed, self._flushed = self._flushed, None
            try:
                flushed.result()
            except BaseException:
                self.discard()
                raise


def _require_shards(root: Path, stored: pl.DataFrame) -> None:
    """Nothing is appended to a source that has lost pictures: the loss would become its newest version."""
    ends = stored.group_by("shard").agg(end=(pl.col("offset") + pl.col("size")).max()).sort("shard")
    for name, end in ends.iter_rows():
        shard = root / name
        if (size := content.size(shard)) is None:
            raise UnavailableError(
                content.address(shard), "the shard is not there, and its index is", restore_remedy(root)
            )
        if size < end:
            raise DataError(
                str(shard), f"{size} bytes, where its index names pictures up to {end}", restore_remedy(root)
            )
    for shard in shards_without_index(root):
        raise DataError(str(shard), "the index of this shard is not there", restore_remedy(root))


def part_limit(so_far: int, least: int) -> int:
    """How much a part may hold of a source that has `so_far`, rows or bytes."""
    return max(least, so_far // _SHARE)
