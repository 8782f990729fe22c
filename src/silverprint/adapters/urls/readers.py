"""A list's file, row by row: CSV, Parquet or JSON lines. A row that cannot be read is None; the rest goes on."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from silverprint.errors import DataError
from silverprint.store.columns import known_columns, require_known

Row: TypeAlias = dict[str, Any]

COLUMNS: Final = ("url", "license", "caption", "label", "page_url")
_KNOWN: Final = known_columns(COLUMNS)
_ROWS: Final = 1_000  # of a Parquet file in memory at a time
_LONGEST: Final = 1_000_000  # bytes of a line of JSON


def read_csv(path: Path) -> Iterator[Row | None]:
    """The rows of a UTF-8 CSV file with a header. One with more or fewer fields than the header is None.

    Raises:
        DataError: another encoding, no readable CSV, an unknown column, no column `url`.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.reader(handle, strict=True)
        try:
            columns = next(rows, [])
            _check(str(path), columns)
            for row in rows:
                if row:  # else an empty line
                    yield dict(zip(columns, row, strict=True)) if len(row) == len(columns) else None
        except (UnicodeDecodeError, csv.Error) as error:
            rule = f"no readable UTF-8 CSV ({error})"
            raise DataError(f"{path} after line {rows.line_num}", rule, "mend it or export it again") from None


def read_parquet(path: Path) -> Iterator[Row | None]:
    """The rows of a Parquet file.

    Raises:
        DataError: no readable Parquet, an unknown column, no column `url`.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as table:
            _check(str(path), table.schema_arrow.names)
            for batch in table.iter_batches(_ROWS):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        rule = f"no readable Parquet ({str(error).splitlines()[0][:160]})"
        raise DataError(str(path), rule, "export it again") from None


def read_jsonl(path: Path) -> Iterator[Row | None]:
    """The objects of a file with one JSON object a line; a line that is none is None.

    Raises:
        DataError: an object has an unknown key; the first line is no object with a `url`.
    """
    with path.open("rb") as handle:
        number = 0
        while line := handle.readline(_LONGEST):
            number += 1
            row = _object(line)
            while not line.endswith(b"\n") and (line := handle.readline(_LONGEST)):
                row = None  # too long: its rest is passed over
            if row is None and number == 1:
                raise DataError(f"{path} line 1", "no JSON object", "write one object a line, each with a url")
            if row is not None:
                _check(f"{path} line {number}", row, ["url"] if number == 1 else [])
            yield row


def _object(line: bytes) -> Row | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _check(where: str, columns: Iterable[str], needed: Iterable[str] = ("url",)) -> None:
    columns = list(columns)
    require_known(where, columns, COLUMNS)
    for column in needed:
        if column not in columns:
            raise DataError(where, f"the list has no column {column!r}", f"add it; {_KNOWN}")
