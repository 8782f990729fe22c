"""Tables that somebody else wrote (a list, a manifest): CSV, JSON lines or Parquet, row by row.

Whoever wrote them may be careless or hostile: of no file is more than a few rows in memory, and a row is bounded.
"""

from collections.abc import Callable, Iterator
from typing import IO, Final, TypeAlias

from silverprint.store.given import delimited, jsonlines, parquet
from silverprint.store.given.rows import Fault, Row
from silverprint.store.given.shape import MissingColumnError, Shape

Reader: TypeAlias = Callable[[str, IO[bytes], Shape], Iterator[tuple[int, Row | Fault]]]

# By the end of a file's name. A reader gives each row with its number: of its line, in Parquet of itself.
READERS: Final[dict[str, Reader]] = {
    ".csv": delimited.rows,
    ".jsonl": jsonlines.rows,
    ".parquet": parquet.rows,
}

__all__ = ["READERS", "Fault", "MissingColumnError", "Row", "Shape"]
