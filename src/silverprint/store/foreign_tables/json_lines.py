"""JSON lines: one object a line. A line ends at a line feed alone: U+2028 and U+0085 may be part of a text."""

import json
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Final

from silverprint.errors import DataError
from silverprint.store.foreign_tables.columns import Shape
from silverprint.store.foreign_tables.encoding import encoding
from silverprint.store.foreign_tables.row import LONGEST, TOO_LONG, Fault, Row

_SORTS: Final = 100  # kinds of objects, by their keys, that are remembered; also the most keys of one
_NO_OBJECT: Final = Fault("the line is no JSON object", "write one object a line")


def rows(where: str, handle: IO[bytes], shape: Shape) -> Iterator[tuple[int, Row | Fault]]:
    """Each line's object, and the number of the line. Empty lines say nothing.

    Raises:
        DataError: an object has an unknown key; the first line is no object with the one that is needed.
    """
    names: dict[tuple[str, ...], list[str | None]] = {}
    is_first = True
    with TextIOWrapper(handle, encoding(handle), "surrogateescape", newline="\n") as lines:
        for number, row in _objects(lines, where):
            if isinstance(row, Fault):
                if is_first:
                    raise DataError(f"{where} line {number}", row.why, row.remedy)
                yield number, row
                continue
            keys = tuple(row)
            known = names.get(keys) or shape.named(f"{where} line {number}", keys, needs=is_first)
            if len(names) < _SORTS and len(keys) < _SORTS:
                names[keys] = known
            is_first = False
            yield number, {name: value for name, value in zip(known, row.values(), strict=True) if name is not None}


def _objects(lines: TextIOWrapper, where: str) -> Iterator[tuple[int, Row | Fault]]:
    number = 0
    while line := _next(lines, where, number):
        number += 1
        row: Row | Fault | None = _object(line)
        while not line.endswith("\n") and (line := _next(lines, where, number)):
            row = TOO_LONG
        if row is not None:
            yield number, row


def _next(lines: TextIOWrapper, where: str, number: int) -> str:
    try:
        return lines.readline(LONGEST)
    except UnicodeError as error:  # UTF-16 or UTF-32, which damage turns into other text up to its end
        raise DataError(
            f"{where} after line {number}", f"no readable text ({error})", "save it again as UTF-8"
        ) from None


def _object(line: str) -> Row | Fault | None:
    """The line's object; None where nothing stands there."""
    if not line.strip():
        return None
    try:
        if not line.isascii():
            line.encode()  # bytes that are no UTF-8 are lone surrogates by now
        found = json.loads(line, object_pairs_hook=_once)
    except KeyError as error:
        return Fault(f"the key {error.args[0]!r} stands there twice", "leave one of them")
    except (ValueError, RecursionError):
        return _NO_OBJECT
    return found if isinstance(found, dict) else _NO_OBJECT


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = [key for key, _ in pairs]
        raise KeyError(next(key for key in seen if seen.count(key) > 1))
    return found
