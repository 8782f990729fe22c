"""Rows of text from CSV, JSON lines or Parquet, each with the number of its line."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO, StringIO
from typing import Any, Final, TypeAlias

from silverprint.errors import DataError

Row: TypeAlias = tuple[int, dict[str, str | None]]
# what is checked of the columns' names, before the rows that have them
Check: TypeAlias = Callable[[Sequence[str]], None]
Reader: TypeAlias = Callable[[str, bytes, Check], Iterator[Row]]

_BATCH: Final = 1_000  # rows of Parquet in memory at a time


def _csv(where: str, data: bytes, check: Check) -> Iterator[Row]:
    try:
        rows = csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        columns = next(rows, [])
        check(columns)
        for row in rows:
            if not any(field.strip() for field in row):  # spreadsheets write empty rows
                continue
            if len(row) != len(columns):
                value = f"{where} line {rows.line_num}"
                rule = f"{len(row)} fields under {len(columns)} columns"
                raise DataError(value, rule, "quote fields that hold a comma")
            yield rows.line_num, dict(zip(columns, row, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(where, f"is no UTF-8 CSV with a column 'path' ({error})") from None


def _jsonl(where: str, data: bytes, check: Check) -> Iterator[Row]:
    seen: set[str] = set()
    number = 0
    try:
        for number, line in enumerate(data.decode("utf-8-sig").splitlines(), start=1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("no object")
            if new := [name for name in row if name not in seen]:
                check([*dict.fromkeys(["path", *new])])
                seen.update(new)
            yield number, {name: _text(value) for name, value in row.items()}
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _unreadable(f"{where} line {number}", f"is not one JSON object of texts a line ({error})") from None


def _parquet(where: str, data: bytes, check: Check) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        table = pq.ParquetFile(BytesIO(data))
        check(table.schema_arrow.names)
        for batch in table.iter_batches(_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, {name: _text(value) for name, value in row.items()}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(where, f"is no Parquet of texts ({str(error)[:200]})") from None


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{str(value)[:100]!r} is no text")
    return value


def _unreadable(where: str, what: str) -> DataError:
    return DataError(where, f"the manifest {what}", "mend it; docs/drops.md shows one")


READERS: Final[dict[str, Reader]] = {"manifest.csv": _csv, "manifest.jsonl": _jsonl, "manifest.parquet": _parquet}
