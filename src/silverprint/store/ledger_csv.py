"""CSV text of a ledger, which people, Git and other machines may have changed: checked line by line.

Line ends are read as LF whatever they are, for Git may check a file out with CRLF; so they are wherever a ledger's hash
is taken. No row is guessed at: what is not as the header says is refused with its line.
"""

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from silverprint import git_conflicts
from silverprint.errors import DataError
from silverprint.records import Schema, conform, empty

_LONGEST: Final = 1_000_000  # characters of one field


@dataclass(frozen=True)
class Ledger:
    """A ledger as read: a row of `frame` begins on the line of the same place in `lines`, counted from 1."""

    frame: pl.DataFrame
    lines: list[int]


def normalise(data: bytes) -> bytes:
    """The bytes with LF as line ends: what a ledger's hash is of."""
    return data.replace(b"\r\n", b"\n")


def sha256(path: Path) -> str:
    """The hash of a ledger, the same however its lines end.

    Raises:
        OSError: it cannot be read.
    """
    return digest(path.read_bytes())


def digest(data: bytes) -> str:
    """The hash of a ledger's bytes, the same however its lines end."""
    return hashlib.sha256(normalise(data)).hexdigest()


def parse(data: bytes, where: str, schema: Schema, added: Collection[str] = frozenset()) -> Ledger:
    """The ledger in `data`; an empty field is null in every column, and empty lines say nothing.

    Args:
        where: names it in errors: its path.
        added: columns that earlier versions did not write; null where the ledger lacks them.

    Raises:
        DataError: it is not UTF-8, holds a NUL or a mark of a conflict, lacks a column or has one too many; a line has
            fewer or more fields than the header; a field has the wrong type.
    """
    text = _text(data, where)
    header, lines, text = _lines(text, where)
    missing = [name for name in schema if name not in header and name not in added]
    if missing:
        sign = next((sign for sign in (";", "\t") if len(header) == 1 and sign in header[0]), None)
        other = "" if sign is None else f"; its fields are parted by {sign!r}, and commas are wanted"
        raise _unreadable(where, f"no column {missing[0]!r}{other}")
    unknown = [name for place, name in enumerate(header) if name not in schema or name in header[:place]]
    if unknown:
        raise _unreadable(where, f"unknown column {unknown[0]!r}, known: {', '.join(schema)}")
    if not lines:
        return Ledger(empty(schema), lines)
    try:
        frame = pl.read_csv(BytesIO(text.encode()), infer_schema=False)
    except (PolarsError, ValueError) as error:
        raise _unreadable(where, str(error).strip().partition("\n")[0][:160] or type(error).__name__) from None
    if frame.height != len(lines):
        raise _unreadable(where, f"{len(lines)} lines and {frame.height} rows")
    return Ledger(_typed(frame, lines, where, schema), lines)


def _text(data: bytes, where: str) -> str:
    try:
        text = normalise(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(where, line, "is no text in UTF-8", "save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _wrong(where, line, "holds a NUL character, which no text has", "remove it")
    line = git_conflicts.first_mark_line(text) or 0
    if line:
        raise DataError(f"{where} line {line}", git_conflicts.RULE, f"run: silverprint ledger fix {where}")
    return text


def _lines(text: str, where: str) -> tuple[list[str], list[int], str]:
    """The header; the line on which each row begins; the text without empty lines."""
    reader = csv.reader(StringIO(text, newline="\n"), strict=True)
    header: list[str] = []
    begins, blank, before = [], set(), 0
    limit = csv.field_size_limit(_LONGEST)
    try:
        for row in reader:
            if not row:
                blank.add(reader.line_num)
            elif not header:
                header = row
            elif len(row) != len(header):
                rule = f"has {len(row)} of the {len(header)} fields that the header names"
                raise _wrong(where, before + 1, rule, "fix the line")
            else:
                begins.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        raise _wrong(where, before + 1, f"is no CSV ({error})", "fix the line") from None
    finally:
        csv.field_size_limit(limit)
    if not header:
        raise _unreadable(where, "it is empty")
    if blank:
        text = "".join(line for number, line in enumerate(StringIO(text, newline="\n"), 1) if number not in blank)
    return header, begins, text


def _typed(frame: pl.DataFrame, lines: list[int], where: str, schema: Schema) -> pl.DataFrame:
    typed = frame.with_columns(_cast(name, dtype) for name, dtype in schema.items() if name in frame.columns)
    for name in typed.columns:
        if typed[name].null_count() == frame[name].null_count():
            continue
        lost = (typed[name].is_null() & frame[name].is_not_null() & (frame[name] != "")).arg_true()
        if len(lost):
            value = f"{where} line {lines[lost[0]]}: {name} {frame[name][lost[0]][:80]!r}"
            raise DataError(value, f"not of the kind that {name} is ({schema[name]})", _compare(where, "fix it"))
    return conform(typed, schema)


def _cast(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean():
        return pl.col(name).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    return pl.col(name).cast(dtype, strict=False)


def _wrong(where: str, line: int, rule: str, remedy: str) -> DataError:
    return DataError(f"{where} line {line}", rule, _compare(where, remedy))


def _unreadable(where: str, why: str) -> DataError:
    return DataError(where, f"not a readable ledger ({why})", f"compare it with Git: git diff {where}")


def _compare(where: str, remedy: str) -> str:
    return f"{remedy}, or compare it with Git: git diff {where}"
