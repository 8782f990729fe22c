"""manifest.csv, a partner's word about its pictures: columns path, license, label, page_url; all but path optional."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Final

from silverprint.adapters.archive.entries import Entry
from silverprint.errors import DataError

MANIFEST: Final = "manifest.csv"
_MAX_BYTES: Final = 1_000_000_000
_COLUMNS: Final = ("path", "license", "label", "page_url")
_KNOWN: Final = f"known: {', '.join(_COLUMNS)}"


@dataclass(frozen=True, slots=True)
class Stated:
    license: str | None = None
    label: str | None = None
    page_url: str | None = None


def read_manifest(archive: Path, entries: Sequence[Entry]) -> dict[str, Stated] | None:
    """What the drop's manifest states, by path inside; None where there is no manifest.

    Raises:
        DataError: it is not UTF-8 CSV with a column `path` and no unknown one, or it states a path twice.
    """
    entry = next((entry for entry in entries if entry.name == MANIFEST), None)
    if entry is None:
        return None
    where = f"{archive}!{MANIFEST}"
    data = entry.answer(_MAX_BYTES).data
    if data is None:
        raise DataError(where, "the manifest cannot be read", "ask the partner for it again, or take it out")
    try:
        return _stated(where, data.decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error) as error:
        rule = f"the manifest is no UTF-8 CSV with a column 'path' ({error})"
        raise DataError(where, rule, f"mend it; {_KNOWN}") from None


def _stated(where: str, text: str) -> dict[str, Stated]:
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    columns = next(rows, [])
    _check(where, columns)
    stated: dict[str, Stated] = {}
    lines: dict[str, int] = {}
    for row in rows:
        if not any(field.strip() for field in row):  # spreadsheets write empty rows
            continue
        line = f"{where} line {rows.line_num}"
        if len(row) != len(columns):
            raise DataError(line, f"{len(row)} fields under {len(columns)} columns", "quote fields that hold a comma")
        said = {column: field.strip() or None for column, field in zip(columns, row, strict=True)}
        path = row[columns.index("path")]
        if said.pop("path") is None:
            raise DataError(line, "a row names the path of its picture", "complete it or take it out")
        if path in stated:
            raise DataError(f"{line}: {path[:200]!r}", f"line {lines[path]} states it already", "keep one of the two")
        stated[path], lines[path] = Stated(**said), rows.line_num
    return stated


def _check(where: str, columns: list[str]) -> None:
    if not columns:
        raise DataError(where, "the manifest has no column 'path', it is empty", f"fill it or take it out; {_KNOWN}")
    for column in columns:
        value = f"{where} column {column[:100]!r}"
        if column not in _COLUMNS:
            meant = get_close_matches(column.strip().lower(), _COLUMNS, 1, 0.7)
            hint = f", did you mean {meant[0]!r}?" if meant else ""
            raise DataError(value, f"no such column{hint}", f"rename it or take it out; {_KNOWN}")
        if columns.count(column) > 1:
            raise DataError(value, "the column is there twice", "keep one of them")
    if "path" not in columns:
        raise DataError(where, "the manifest has no column 'path'", f"add it; {_KNOWN}")
