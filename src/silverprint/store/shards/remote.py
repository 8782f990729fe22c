"""Shards on S3, read by byte ranges: neighbours in one request, many requests at once, with read-ahead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.errors import DataError
from silverprint.store.s3 import Bucket
from silverprint.store.shards.mmap_reader import Images
from silverprint.store.shards.span import Span
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


def read_remote(span: Span) -> Images:
    """(name, bytes) of each picture, in that order. Each one's header is read along, and names it.

    Raises:
        UnavailableError, NotAllowedError: a shard cannot be read.
        DataError: a shard does not hold what its index says.
    """
    batches = _batches(span.sizes)
    with ThreadPoolExecutor(1) as ahead:
        waiting = [ahead.submit(_fetched, span, batch) for batch in islice(batches, 1)]
        at = 0
        while waiting:
            payloads = waiting.pop().result()
            waiting = [ahead.submit(_fetched, span, batch) for batch in islice(batches, 1)]
            yield from zip(span.image_ids[at : at + len(payloads)], payloads, strict=True)
            at += len(payloads)


def _batches(sizes: NDArray[np.int64]) -> Iterator[range]:
    """The rows that are asked for at once."""
    start = held = 0
    for row, size in enumerate(sizes.tolist()):
        if row > start and (row - start == _BATCH or held + size > _BATCH_BYTES):
            yield range(start, row)
            start, held = row, 0
        held += size
    if start < len(sizes):
        yield range(start, len(sizes))


def _fetched(span: Span, rows: range) -> list[bytes]:
    ranges = _ranges(span, rows)
    found = Bucket().ranges([(span.shards[one.shard], one.start, one.end) for one in ranges])
    return [_cut(span, row, data, one.start) for one, data in zip(ranges, found, strict=True) for row in one.rows]


def _ranges(span: Span, rows: range) -> list[_Range]:
    ranges: list[_Range] = []
    for row in rows:
        shard, start = int(span.shard_of[row]), int(span.offsets[row]) - BLOCK
        end = start + BLOCK + int(span.sizes[row])
        last = ranges[-1] if ranges else None
        if last and last.shard == shard and 0 <= start - last.end <= _GAP and end - last.start <= _RANGE_BYTES:
            last.end = end
        else:
            ranges.append(last := _Range(shard, start, end))
        last.rows.append(row)
    return ranges


def _cut(span: Span, row: int, data: bytes, start: int) -> bytes:
    """One picture's bytes from those of a range that begins at `start`."""
    name, offset, size = span.image_ids[row], int(span.offsets[row]), int(span.sizes[row])
    at = offset - start
    payload = data[at : at + size]
    if data[at - BLOCK : at - BLOCK + len(name)] != name.encode() or len(payload) < size:
        rule = f"picture {name} is not at byte {offset}, where the index says"
        raise DataError(span.shards[int(span.shard_of[row])], rule, "copy the shard and its index there again")
    return payload
