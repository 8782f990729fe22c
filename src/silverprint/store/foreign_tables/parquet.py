"""Parquet of strangers: a small file may declare a large table, so its declared size is checked against it first."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final

from silverprint.errors import DataError
from silverprint.store.foreign_tables.columns import Shape
from silverprint.store.foreign_tables.row import LONGEST, TOO_LONG, Fault, Row

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet as pq

_ROWS: Final = 1_000  # rows in memory at a time
_AT_ONCE: Final = 16_000_000  # bytes of text, likewise; where there are more, one row at a time is
_ALWAYS: Final = 100_000  # rows that any file may have: of a column of nothing, a few bytes state all
_GROUP: Final = 256_000_000  # bytes that a group of rows may unpack to, in the columns that are read


def rows(where: str, handle: IO[bytes], shape: Shape) -> Iterator[tuple[int, Row | Fault]]:
    """Each row and its number, the first one's is 1.

    Raises:
        DataError: no readable Parquet, columns that `shape` does not take or whose values are no texts or numbers, or
            it states more than its size lets us believe.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        size = handle.seek(0, 2)
        # As dictionaries texts stay as short as they are in the file, however often one is repeated.
        given = pq.read_schema(handle)
        names = dict(zip(given.names, shape.named(where, given.names), strict=True))
        wanted = [name for name, column in names.items() if column is not None]
        _require_plain(where, given, wanted)
        table = pq.ParquetFile(handle, read_dictionary=[name for name in wanted if _is_text(given.field(name).type)])
        _require_credible(where, table, wanted, size)
        number = 0
        for batch in table.iter_batches(_ROWS, columns=wanted):
            for found in _read(batch.rename_columns([str(names[name]) for name in batch.schema.names])):
                number += 1
                yield number, found
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise DataError(where, f"no readable Parquet ({why})", "export it again") from None


def _require_plain(where: str, given: "pa.Schema", wanted: list[str]) -> None:
    from pyarrow import types

    for name in wanted:
        kind = given.field(name).type
        plain = types.is_dictionary(kind) and _is_text(kind.value_type)
        is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_null(kind)
        if not (plain or _is_text(kind) or is_number):
            rule = f"its values are {str(kind)[:60]}, no texts"
            raise DataError(f"{where} column {name[:100]!r}", rule, "export it again as text, or remove it")


def _is_text(kind: "pa.DataType") -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _require_credible(where: str, table: "pq.ParquetFile", wanted: list[str], size: int) -> None:
    facts = table.metadata
    if facts.num_rows > max(_ALWAYS, size):
        rule = f"states {facts.num_rows:,} rows in {size:,} bytes"
        raise DataError(where, rule, "export it again with a row for each picture")
    for group in range(facts.num_row_groups):
        columns = [facts.row_group(group).column(at) for at in range(facts.num_columns)]
        unpacked = sum(one.total_uncompressed_size for one in columns if one.path_in_schema in wanted)
        if unpacked > _GROUP:
            rule = f"a group of rows unpacks to {unpacked:,} bytes, the most allowed is {_GROUP:,}"
            raise DataError(where, rule, "export it again in groups of 100,000 rows (row_group_size)")


def _read(batch: "pa.RecordBatch") -> Iterator[Row | Fault]:
    """A batch's rows, without ever making long texts of it at once."""
    lengths = [_lengths(column) for column in batch.columns]
    if sum(sum(one) for one in lengths) <= _AT_ONCE and max((max(one) for one in lengths), default=0) <= LONGEST:
        yield from batch.to_pylist()
        return
    for at in range(batch.num_rows):
        too_long = sum(one[at] for one in lengths) > LONGEST
        yield TOO_LONG if too_long else {name: value[0] for name, value in batch.slice(at, 1).to_pydict().items()}


def _lengths(column: "pa.Array") -> list[int]:
    """The bytes of each value as text."""
    import pyarrow as pa
    from pyarrow import compute

    of: Any = column.dictionary if isinstance(column, pa.DictionaryArray) else column
    if not _is_text(of.type):
        return [0] * len(column)
    lengths = compute.binary_length(of)
    if isinstance(column, pa.DictionaryArray):
        lengths = lengths.take(column.indices)
    return [length or 0 for length in lengths.to_pylist()]
