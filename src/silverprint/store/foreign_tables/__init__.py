"""Tables that somebody else wrote (a list, a manifest): CSV, JSON lines or Parquet, row by row.

Whoever wrote them may be careless or hostile: of no file is more than a few rows in memory, and a row is bounded.
"""

from collections.abc import Callable, Iterator
from typing import IO, Final, TypeAlias

from silverprint.store.foreign_tables import csv_rows, json_lines, parquet
from silverprint.store.foreign_tables.columns import MissingColumnError, Shape
from silverprint.store.foreign_tables.row import Fault, Row

Reader: TypeAlias = Callable[[str, IO[bytes], Shape], Iterator[tuple[int, Row | Fault]]]

# By the end of a file's name. A reader gives each row with its number: of its line, in Parquet of itself.
READERS: Final[dict[str, Reader]] = {
    ".csv": csv_rows.rows,
    ".jsonl": json_lines.rows,
    ".parquet": parquet.rows,
}

__all__ = ["READERS", "Fault", "MissingColumnError", "Row", "Shape"]
