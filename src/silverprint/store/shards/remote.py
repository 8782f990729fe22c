"""Shards on S3, read by byte ranges: neighbours in one request, many requests at once, with read-ahead."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.errors import DataError
from silverprint.store.s3 import Bucket
from silverprint.store.shards.local import StoredImages
from silverprint.store.shards.mmap_reader import Images
from silverprint.store.shards.tar_header import BLOCK

_BATCH: Final = 256  # pictures asked for at once, at most
_BATCH_BYTES: Final = 32_000_000  # bytes asked for at once, at most; twice as many are held
_RANGE_BYTES: Final = 4_000_000  # bytes of one request for neighbours
_GAP: Final = 4 * BLOCK  # bytes between two neighbours, read along: headers and padding


@dataclass
class _Range:
    shard: int
    start: int
    end: int
    rows: list[int] = field(default_factory=list)


class RemoteShards(StoredImages):
    """Images in shards on S3, like `local.LocalShards`. Each image's header is read along, and names it."""

    def __init__(self, bucket: Bucket, folders: Sequence[str], parts: Sequence[pl.DataFrame]) -> None:
        super().__init__(folders, parts)
        self._bucket = bucket

    def payloads(self, image_ids: Sequence[str], rows: NDArray[np.int64]) -> Images:
        """(name, bytes) of each row, in that order.

        Raises:
            UnavailableError, NotAllowedError: a shard cannot be read.
            DataError: a shard does not hold what its index says.
        """
        batches = self._batches(rows)
        with ThreadPoolExecutor(1) as ahead:
            waiting = [ahead.submit(self._fetched, batch) for batch in _first(batches)]
            at = 0
            while waiting:
                payloads = waiting.pop().result()
                waiting = [ahead.submit(self._fetched, batch) for batch in _first(batches)]
                yield from zip(image_ids[at : at + len(payloads)], payloads, strict=True)
                at += len(payloads)

    def _batches(self, rows: NDArray[np.int64]) -> Iterator[list[int]]:
        batch: list[int] = []
        held = 0
        for row, size in zip(rows.tolist(), self.sizes[rows].tolist(), strict=True):
            if batch and (len(batch) == _BATCH or held + size > _BATCH_BYTES):
                yield batch
                batch, held = [], 0
            batch.append(row)
            held += size
        if batch:
            yield batch

    def _fetched(self, rows: list[int]) -> list[bytes]:
        ranges = self._ranges(rows)
        found = self._bucket.ranges([(self.shards[one.shard], one.start, one.end) for one in ranges])
        return [self._cut(row, data, one.start) for one, data in zip(ranges, found, strict=True) for row in one.rows]

    def _ranges(self, rows: list[int]) -> list[_Range]:
        ranges: list[_Range] = []
        for row in rows:
            shard, start = int(self.shard_of[row]), int(self.offsets[row]) - BLOCK
            end = start + BLOCK + int(self.sizes[row])
            last = ranges[-1] if ranges else None
            if last and last.shard == shard and 0 <= start - last.end <= _GAP and end - last.start <= _RANGE_BYTES:
                last.end = end
            else:
                ranges.append(last := _Range(shard, start, end))
            last.rows.append(row)
        return ranges

    def _cut(self, row: int, data: bytes, start: int) -> bytes:
        """One picture's bytes from those of a range that begins at `start`."""
        name, offset = self.image_ids[row], int(self.offsets[row])
        at = offset - start
        payload = data[at : at + int(self.sizes[row])]
        if data[at - BLOCK : at - BLOCK + len(name)] != name.encode() or len(payload) < self.sizes[row]:
            rule = f"picture {name} is not at byte {offset}, where the index says"
            address = self.shards[int(self.shard_of[row])]
            raise DataError(address, rule, "copy the shard and its index there again")
        return payload


def _first(batches: Iterator[list[int]]) -> list[list[int]]:
    """The next batch, if there is one."""
    return [batch for batch in [next(batches, None)] if batch is not None]
