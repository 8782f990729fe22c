"""Images in shards on this disk, which are looked at before they are trusted."""

import os
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.store.shards.mmap_reader import Images, read_images
from silverprint.store.shards.span import Span
from silverprint.store.shards.tar_header import BLOCK


def read_local(span: Span) -> Images:
    """(name, bytes) of each picture, in that order.

    Raises:
        UnavailableError: a shard is not there.
        DataError: a shard does not hold what its index says.
    """
    order = np.lexsort((span.offsets, span.shard_of))
    numbers, first = np.unique(span.shard_of[order], return_index=True)
    last = np.append(first, len(order))[1:] - 1
    ends = dict(zip(numbers.tolist(), np.column_stack([order[first], order[last]]), strict=True))
    return read_images(partial(_opened, span, ends), span.image_ids, span.shard_of, span.offsets, span.sizes)


def _opened(span: Span, ends: dict[int, NDArray[np.int64]], shard: int) -> int:
    """A shard opened, once it is long enough, and its first and last picture are where the index says.

    The header before a payload names its picture. A shard and an index that do not belong together differ from one
    of these two on; to look at every header would cost a fifth of the reading (`silverprint doctor` reads all).
    """
    path = Path(span.shards[shard])
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise UnavailableError(str(path), "the shard is not there", f"run: dvc pull {path.parent}") from None
    for row in ends[shard].tolist():
        name, offset = span.image_ids[row], int(span.offsets[row])
        end = offset + int(span.sizes[row])
        header = os.pread(descriptor, len(name), offset - BLOCK) if offset >= BLOCK else b""
        if header != name.encode() or os.fstat(descriptor).st_size < end:
            os.close(descriptor)
            rule = f"picture {name} is not at byte {offset}, where the index says"
            raise DataError(str(path), rule, restore_remedy(path.parent))
    return descriptor
