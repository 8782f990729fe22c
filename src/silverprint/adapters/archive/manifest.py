"""A partner's word about its pictures: manifest.csv, .jsonl or .parquet; every column but `path` is optional."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.opening import Drop
from silverprint.adapters.archive.tabular import READERS, Row
from silverprint.errors import DataError
from silverprint.records import IMAGE_ID
from silverprint.store.columns import known_columns, require_known

_MAX_BYTES: Final = 1_000_000_000
_COLUMNS: Final = ("path", "sha256", "license", "contract", "consent", "label", "caption", "page_url")
_HERE: Final = re.compile(r"^(\./+)+")  # as `find .` begins its lines
_KNOWN: Final = known_columns(_COLUMNS)


@dataclass(frozen=True, slots=True)
class Stated:
    sha256: str | None = None
    license: str | None = None
    contract: str | None = None
    consent: str | None = None
    label: str | None = None
    caption: str | None = None
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str  # of the file
    stated: Mapping[str, Stated]  # by path inside


def read_manifest(drop: Drop) -> Manifest | None:
    """The drop's manifest, the first of several; None where there is none.

    Raises:
        DataError: it is not what its name says, has no column `path` or an unknown one, or states a path twice.
    """
    for entry in drop.entries():
        if entry.name in READERS:
            where = f"{drop.place}!{entry.name}"
            rows = READERS[entry.name](where, _bytes(where, entry), partial(_check, where))
            return Manifest(entry.name, _stated(where, rows))
    return None


def _bytes(where: str, entry: Entry) -> bytes:
    data = entry.answer(_MAX_BYTES).data
    if data is None:
        raise DataError(where, "the manifest cannot be read", "ask the partner for it again, or take it out")
    return data


def _stated(where: str, rows: Iterator[Row]) -> dict[str, Stated]:
    stated: dict[str, Stated] = {}
    numbers: dict[str, int] = {}
    for number, row in rows:
        line = f"{where} line {number}"
        said = {column: value.strip() or None for column, value in row.items() if value is not None}
        path = _HERE.sub("", row.get("path") or "")
        if said.pop("path", None) is None:
            raise DataError(line, "a row names the path of its picture", "complete it or take it out")
        if path in stated:
            raise DataError(f"{line}: {path[:200]!r}", f"line {numbers[path]} states it already", "keep one of the two")
        said["sha256"] = _hash(line, said.get("sha256"))
        stated[path], numbers[path] = Stated(**said), number
    return stated


def _hash(line: str, said: str | None) -> str | None:
    if said is not None and not re.fullmatch(IMAGE_ID, said.lower()):
        raise DataError(f"{line} sha256 {said[:100]!r}", "a SHA-256 is 64 hex digits", "mend it or take it out")
    return said.lower() if said else None


def _check(where: str, columns: Sequence[str]) -> None:
    if not columns:
        raise DataError(where, "the manifest has no column 'path', it is empty", f"fill it or take it out; {_KNOWN}")
    require_known(where, columns, _COLUMNS)
    if "path" not in columns:
        raise DataError(where, "the manifest has no column 'path'", f"add it; {_KNOWN}")
