"""Pictures on disk: immutable tar shards (WebDataset reads them) and one Parquet index part beside each."""

import hashlib
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from silverprint.records import RAW
from silverprint.store import tables
from silverprint.store.files import disk_errors
from silverprint.store.places import Place, index_name, index_numbers, remove_leftovers, shard_name
from silverprint.store.tarring import BLOCK, member_header

_EXTENSION = {"jpeg": "jpg"}


class ShardWriter:
    """Appends parts to a source's folder; a part, once finished, is never written again.

    A part is `shard-NNNNN.tar` and `index-NNNNN.parquet`; the index is written last, so a shard without one is what a
    kill left, and is removed here. Used as a context, the open part is finished at the end, or dropped on an exception.

    Args:
        root: the source's folder; made if absent, continued if not.
        max_bytes: of payload, at which a part is finished.
        max_pictures: rows (stored or not) at which a part is finished.

    Raises:
        DiskError: no space; what was finished before stays, the open part vanishes.
    """

    def __init__(self, root: Path, *, max_bytes: int = 256_000_000, max_pictures: int = 20_000) -> None:
        self.root = root
        self._max_bytes, self._max_rows = max_bytes, max_pictures
        with disk_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            remove_leftovers(root)
        numbers = index_numbers(root)
        self._number = numbers[-1] + 1 if numbers else 0
        self._places = _places(tables.read_parts(root, RAW))
        self._rows: list[dict[str, Any]] = []
        self._fresh: list[str] = []  # image_ids in the open part
        self._tar: FileIO | None = None
        self._end = 0  # of the open tar, bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    def __contains__(self, image_id: str) -> bool:
        """Whether the picture is stored."""
        return image_id in self._places

    def add(self, row: Mapping[str, Any], payload: bytes | None = None) -> str:
        """Appends a RAW row, with the bytes to store where there are some; returns the row's outcome.

        A row with `image_id` becomes `stored`, or `duplicate` where that picture lies here already; `shard`, `offset`,
        `size`, `stored_sha256` (unless the row has it) and `format` of a duplicate are filled in. A row without keeps
        its own outcome.

        Raises:
            ValueError: a new `image_id` without a payload.
        """
        image_id = row.get("image_id")
        if image_id is None:
            self._rows.append(dict(row))
        elif image_id in self._places:
            self._rows.append({**row, "outcome": "duplicate", **_columns(self._places[image_id])})
        elif payload is None:
            raise ValueError(f"image_id {image_id} is not stored here, and comes without bytes")
        else:
            if self._end + len(payload) > self._max_bytes:
                self.finish()
            digest = row.get("stored_sha256") or hashlib.sha256(payload).hexdigest()
            place = self._store(image_id, payload, row["format"], digest)
            self._rows.append({**row, "outcome": "stored", **_columns(place)})
        outcome: str = self._rows[-1]["outcome"]
        if len(self._rows) >= self._max_rows:
            self.finish()
        return outcome

    def finish(self) -> None:
        """Makes the open part final; nothing happens where it has no row."""
        if not self._rows:
            return
        shard = self.root / shard_name(self._number)
        try:
            with disk_errors(shard):
                self._publish(shard)
            rows = pl.DataFrame(self._rows, schema=RAW).sort("url", "page_url")
            tables.write(rows, self.root / index_name(self._number), RAW)
        except BaseException:
            shard.unlink(missing_ok=True)
            self.discard()
            raise
        self._number += 1
        self._forget()

    def discard(self) -> None:
        """Drops the open part."""
        if self._tar is not None:
            self._tar.close()
            self._part().unlink(missing_ok=True)
        for image_id in self._fresh:
            del self._places[image_id]
        self._forget()

    def _store(self, image_id: str, payload: bytes, form: str, digest: str) -> Place:
        header = member_header(f"{image_id}.{_EXTENSION.get(form, form)}", len(payload))
        try:
            with disk_errors(self._part()):
                if self._tar is None:
                    self._tar = self._part().open("wb", buffering=0)
                _write(self._tar, header, payload, bytes(-len(payload) % BLOCK))
        except BaseException:
            self.discard()
            raise
        place = Place(shard_name(self._number), self._end + BLOCK, len(payload), digest, form)
        self._end += BLOCK + len(payload) + -len(payload) % BLOCK
        self._places[image_id] = place
        self._fresh.append(image_id)
        return place

    def _publish(self, shard: Path) -> None:
        if self._tar is None:
            return
        _write(self._tar, bytes(2 * BLOCK))
        os.fsync(self._tar.fileno())
        self._tar.close()
        self._part().rename(shard)

    def _part(self) -> Path:
        return self.root / f".{shard_name(self._number)}.part"

    def _forget(self) -> None:
        self._rows, self._fresh, self._tar, self._end = [], [], None, 0


def _write(handle: FileIO, *pieces: bytes) -> None:
    """All of the pieces, in one call to the system where it takes them."""
    taken = os.writev(handle.fileno(), pieces)
    if taken < sum(map(len, pieces)):  # the disk is nearly full
        rest = memoryview(b"".join(pieces))[taken:]
        while rest:
            rest = rest[handle.write(rest) or 0 :]


def _places(index: pl.DataFrame) -> dict[str, Place]:
    stored = index.filter(pl.col("outcome") == "stored")
    columns = stored.select("image_id", "shard", "offset", "size", "stored_sha256", "format")
    return {image_id: Place(*rest) for image_id, *rest in columns.iter_rows()}


def _columns(place: Place) -> dict[str, Any]:
    return {
        "shard": place.shard,
        "offset": place.offset,
        "size": place.size,
        "stored_sha256": place.stored_sha256,
        "format": place.format,
    }
