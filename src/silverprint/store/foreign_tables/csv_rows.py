"""CSV as people's programs write it: with commas, semicolons or tabs, in any UTF, its lines ended in any way.

Python's own parser takes each row apart. Where a row ends is found here, because a row, or a quote that is never
closed, may be as long as the file.
"""

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Final

from silverprint.errors import DataError
from silverprint.store.foreign_tables.columns import Shape
from silverprint.store.foreign_tables.encoding import encoding
from silverprint.store.foreign_tables.row import LONGEST, TOO_LONG, Fault, Row

_DELIMITERS: Final = ",;\t|"
_HEADER: Final = 100_000  # characters that it may have
# Where a row stands: where a field begins, in one that is not quoted (any more), in one that is, behind a quote in
# that, which closes it unless another one follows.
_START, _INSIDE, _OPEN, _QUOTE = "start", "inside", "open", "quote"
_EXCEL: Final = re.compile(r"sep=(.)")  # the first line, perhaps, of what is for Excel: which delimiter follows


def rows(where: str, handle: IO[bytes], shape: Shape) -> Iterator[tuple[int, Row | Fault]]:
    """Each row, and the number of the line that it begins in. Empty lines say nothing; a row of empty fields does.

    Raises:
        DataError: no UTF, a quote that is never closed, or columns that `shape` does not take.
    """
    csv.field_size_limit(2 * LONGEST)  # a limit of the whole process, where nothing else reads CSV with it
    number = 0
    try:
        with TextIOWrapper(handle, encoding(handle), newline="") as lines:
            header, columns, delimiter = _header(lines, shape)
            names = shape.named(where, columns)
            for number, record in _records(where, lines, header, delimiter):
                if record is None:
                    yield number, TOO_LONG
                elif (row := _row(record, delimiter, names)) is not None:
                    yield number, row
    except UnicodeError as error:
        rule = f"no readable UTF-8 CSV ({error})"
        raise DataError(f"{where} after line {number}", rule, "save it again as UTF-8") from None


def _header(lines: TextIOWrapper, shape: Shape) -> tuple[int, list[str], str]:
    """The number of the header's line, its columns, and the delimiter by which most of them are known."""
    number, delimiters = 0, _DELIMITERS
    while line := lines.readline(_HEADER):
        number += 1
        if excel := _EXCEL.fullmatch(line.strip("\r\n")):
            delimiters = excel[1]
        elif line.strip():
            break
    found = [(_fields(line, delimiter), delimiter) for delimiter in delimiters]
    columns, delimiter = max(found, key=lambda one: sum(shape.knows(name) for name in one[0]))
    return number, columns, delimiter


def _fields(record: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader((record,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _row(record: str, delimiter: str, names: list[str | None]) -> Row | Fault | None:
    """The record's fields by name; None for an empty line.

    Empty fields too many are let go, and columns that are passed over may lack: a delimiter at the end of the header's
    line, or at that of every other line, makes such.
    """
    try:
        fields = next(csv.reader((record,), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return Fault(f"no row of CSV ({error})", "double the quotes inside of a quoted field")
    if not fields:
        return None
    extra, lacking = fields[len(names) :], names[len(fields) :]
    if any(extra) or any(lacking):
        rule = f"{len(fields)} fields under {len(names)} columns"
        return Fault(rule, f"quote fields that hold {'a comma' if delimiter == ',' else repr(delimiter)}")
    return {name: value for name, value in zip(names, fields, strict=False) if name is not None}


def _records(where: str, lines: TextIOWrapper, number: int, delimiter: str) -> Iterator[tuple[int, str | None]]:
    """The text of each row and the number of its first line; None for one that is too long.

    Args:
        number: of the line before.
    """
    held: list[str] = []
    start, length, state = number + 1, 0, _START
    in_line = False
    while piece := lines.readline(LONGEST):
        number += not in_line
        state = _state(piece, delimiter, state)
        in_line = piece[-1] not in "\r\n"
        length += len(piece)
        if length <= LONGEST:
            held.append(piece)
        else:
            held.clear()
        if not in_line and state != _OPEN:
            yield start, "".join(held) if length <= LONGEST else None
            held.clear()
            start, length, state = number + 1, 0, _START
    if state == _OPEN:
        rule = "no readable UTF-8 CSV: a quote is opened there and never closed"
        raise DataError(f"{where} line {start}", rule, "close it, or double it where it is meant as a letter")
    if length:
        yield start, "".join(held) if length <= LONGEST else None


def _state(piece: str, delimiter: str, state: str) -> str:
    """Where a row stands behind `piece`, the next part of it, if it stands at `state` before."""
    at = 0
    if state in (_START, _QUOTE):
        state, at = (_OPEN, 1) if piece[0] == '"' else (_INSIDE, 0)
    while True:
        if state == _INSIDE:
            found = piece.find(f'{delimiter}"', at)
            if found < 0:
                return _START if piece[-1] == delimiter else _INSIDE
            state, at = _OPEN, found + 2
        closing = piece.find('"', at)
        if closing < 0:
            return _OPEN
        if closing + 1 == len(piece):
            return _QUOTE
        at = closing + 1
        if piece[at] == '"':  # twice, it does not close
            at += 1
        else:
            state = _INSIDE
