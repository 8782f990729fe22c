"""Reader of local shards: memory-mapped where the kernel has them cached, else read.

A map of the shard saves a call to the system for each picture. But a picture that must come from the disk would come
page by page, and lie in the cache in small pages from then on: such ones are read, which the kernel knows to do ahead.
"""

import mmap
import os
import resource
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import getitem
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Images: TypeAlias = Iterator[tuple[str, bytes]]

_BATCH: Final = 128  # pictures, after which cached or not is asked again
_OPEN: Final = 256  # shards at a time, with two descriptors each; the usual limit is 1,024

_cut: Final[Any] = getitem  # mypy finds no overload of it for a map


class _Shard(NamedTuple):
    descriptor: int
    bytes: mmap.mmap


def read_images(
    opened: Callable[[int], int],
    image_ids: Sequence[str],
    shards: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> Images:
    """(name, bytes) of each picture, in that order.

    Within a batch the loop runs without Python's interpreter, which would cost as much as a tenth of the reading.

    Args:
        opened: a shard's descriptor, to be closed here; the file is long enough: beyond its end a map is fatal.
        shards, offsets, sizes: (n,) int64, where each picture lies, bytes.
    """
    return chain.from_iterable(_batches(opened, image_ids, shards, offsets, sizes))


def _batches(
    opened: Callable[[int], int],
    image_ids: Sequence[str],
    shards: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> Iterator[Images]:
    ends = offsets + sizes
    files: dict[int, _Shard] = {}
    cached = True
    try:
        for start in range(0, len(image_ids), _BATCH):
            batch = slice(start, start + _BATCH)
            names, wanted, begin = image_ids[batch], shards[batch].tolist(), offsets[batch].tolist()
            _open(files, set(wanted), opened)
            if start > 0 and cached:  # few pictures are not worth a map's page faults
                waits = _waits()
                maps = [files[shard].bytes for shard in wanted]
                yield zip(names, map(_cut, maps, map(slice, begin, ends[batch].tolist())), strict=True)
                cached = _waits() == waits
            else:
                descriptors = [files[shard].descriptor for shard in wanted]
                yield zip(names, map(os.pread, descriptors, sizes[batch].tolist(), begin), strict=True)
    finally:
        _close(files)


def _open(files: dict[int, _Shard], wanted: set[int], opened: Callable[[int], int]) -> None:
    """Adds the wanted shards to `files`; drops the others where they would be too many."""
    new = wanted - files.keys()
    if len(files) + len(new) > _OPEN:
        _close(files)
        new = wanted
    for shard in sorted(new):
        descriptor = opened(shard)
        try:
            files[shard] = _Shard(descriptor, mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))
        except BaseException:
            os.close(descriptor)
            raise


def _close(files: dict[int, _Shard]) -> None:
    for shard in files.values():
        os.close(shard.descriptor)
    files.clear()  # the maps go with their last user


def _waits() -> int:
    """How often this thread has waited for a page of a map to come from the disk."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_majflt
