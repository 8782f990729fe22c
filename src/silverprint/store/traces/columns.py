"""Values of Arrow columns as bytes, text and binary ones alike, however deep they are nested."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np


def _leaves(columns: Iterable[Any]) -> Iterator[Any]:
    """The arrays of text and bytes below the columns."""
    import pyarrow as pa

    for array in columns:
        if pa.types.is_dictionary(array.type):
            yield from _leaves([array.dictionary])
        elif pa.types.is_struct(array.type) or pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
            yield from _leaves(array.flatten() if pa.types.is_struct(array.type) else [array.flatten()])
        elif any(is_kind(array.type) for is_kind in _kinds()):
            yield array


def _kinds() -> tuple[Callable[[Any], bool], ...]:
    import pyarrow as pa

    kinds = pa.types
    return kinds.is_string, kinds.is_large_string, kinds.is_binary, kinds.is_large_binary


def values(columns: Iterable[Any]) -> Iterator[memoryview]:
    """The values of each array, one behind the other."""
    for array in _leaves(columns):
        _, offsets, values = array.buffers()
        if len(array) and values is not None:
            width = np.int64 if "large" in str(array.type) else np.int32
            ends = np.frombuffer(offsets, dtype=width)[array.offset : array.offset + len(array) + 1]
            yield memoryview(values)[ends[0] : ends[-1]]


def cells(columns: Iterable[Any]) -> Iterator[bytes]:
    import pyarrow as pa

    for array in _leaves(columns):
        if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
            yield from (cell for cell in array.to_pylist() if cell)


def holds_bytes(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(holds_bytes, value.values()))
    if isinstance(value, list):
        return any(map(holds_bytes, value))
    return isinstance(value, bytes) and bool(value)
