"""Tables on disk: Parquet for machines, sorted CSV for the ledgers that live in Git. Atomic, strict."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.records import LATER, Schema, conform, empty
from silverprint.store import ledger_csv
from silverprint.store import local_cache as store_kept
from silverprint.store.files import write_bytes


def write(frame: pl.DataFrame, path: Path, schema: Schema) -> None:
    """`frame` as the Parquet file `path` with the columns of `schema`.

    Raises:
        DiskError: no space.
    """
    # Through memory: writing to the disk itself, polars would hide a full one behind an error of its own.
    write_bytes(path, _parquet(frame, schema))


def _parquet(frame: pl.DataFrame, schema: Schema) -> bytes:
    buffer = BytesIO()
    conform(frame, schema).write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def read(path: Path, schema: Schema) -> pl.DataFrame:
    """The table at `path`.

    Raises:
        UnavailableError: the file is not there.
        DataError: it is not Parquet, or lacks a column of `schema`.
    """
    if not path.exists():
        remedy = f"run: dvc pull {path.parent}, or silverprint repro"
        raise UnavailableError(str(path), "the table is not there", remedy)
    return parse(path.read_bytes(), str(path), schema, restore_remedy(path.parent))


def parse(data: bytes, where: str, schema: Schema, remedy: str) -> pl.DataFrame:
    """The table in `data`, the bytes of a Parquet file; `where` names it, `remedy` says how to have it whole again.

    Raises:
        DataError: it is not Parquet, or lacks a column of `schema`.
    """
    try:
        there = pl.read_parquet_schema(BytesIO(data))
        columns = [name for name in schema if name in there or name not in LATER]
        return conform(pl.read_parquet(BytesIO(data), columns=columns), schema)
    except (PolarsError, OSError, ValueError) as error:
        raise DataError(where, f"not a readable table ({_brief(error)})", remedy) from None


def write_cached(frame: pl.DataFrame, path: Path, of: str, schema: Schema) -> None:
    """`frame` for `read_cached`.

    Raises:
        DiskError: no space.
    """
    store_kept.write(path, of, _parquet(frame, schema))


def read_cached(path: Path, of: str, schema: Schema) -> pl.DataFrame:
    """The table that this machine kept, as `store.local_cache` has it; no rows where there is none."""
    content = store_kept.read(path, of)
    return empty(schema) if content is None else parse(content, str(path), schema, f"remove {path}")


def parts(folder: Path, schema: Schema) -> Iterator[pl.DataFrame]:
    """The tables in `folder` whose names end in .parquet, in the order of their names, one at a time."""
    if not folder.is_dir():
        raise UnavailableError(str(folder), "the folder is not there", f"run: dvc pull {folder}, or silverprint repro")
    return (read(path, schema) for path in sorted(folder.glob("*.parquet")))


def read_parts(folder: Path, schema: Schema) -> pl.DataFrame:
    """All `parts` as one."""
    return pl.concat([empty(schema), *parts(folder, schema)])


def write_ledger(frame: pl.DataFrame, path: Path, schema: Schema, order: list[str]) -> None:
    """`frame` as a CSV file sorted by `order`."""
    write_bytes(path, ledger_bytes(frame, schema, order))


def ledger_bytes(frame: pl.DataFrame, schema: Schema, order: list[str]) -> bytes:
    """`frame` as CSV sorted by `order`: the same rows always give the same bytes, whose line ends are LF."""
    text = conform(frame, schema).sort(order, nulls_last=True).write_csv(float_precision=6)
    return ledger_csv.normalise(text.encode("utf-8"))


def read_ledger(path: Path, schema: Schema, added: frozenset[str] = frozenset()) -> pl.DataFrame:
    """The CSV ledger at `path`, as `read_ledger_lines` has it, without the lines' numbers."""
    return read_ledger_lines(path, schema, added).frame


def read_ledger_lines(path: Path, schema: Schema, added: frozenset[str] = frozenset()) -> ledger_csv.Ledger:
    """The CSV ledger at `path`; an empty field is null in every column.

    Args:
        added: columns that earlier versions did not write; null where the ledger lacks them.

    Raises:
        UnavailableError: the file is not there.
        DataError: it is not such a ledger, as `ledger_csv.parse` says.
    """
    if not path.exists():
        raise UnavailableError(str(path), "the ledger is not there", f"run: git checkout {path}")
    try:
        data = path.read_bytes()
    except OSError as error:
        rule = f"not a readable ledger ({_brief(error)})"
        raise DataError(str(path), rule, f"compare it with Git: git diff {path}") from None
    return ledger_csv.parse(data, str(path), schema, added)


def _brief(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
