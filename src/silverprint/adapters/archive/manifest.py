"""Manifest of a partner's drop: manifest.csv, .jsonl or .parquet; every column but `path` is optional.

The metadata files of a Hugging Face image folder say the same of the files below their own folder.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.entry_names import comparison_key, junk_reason
from silverprint.adapters.archive.manifest_index import FileStatement, ManifestIndex
from silverprint.adapters.archive.open_drop import Drop
from silverprint.console import say
from silverprint.errors import DataError
from silverprint.records import IMAGE_ID
from silverprint.store.foreign_tables import READERS, Fault, MissingColumnError, Shape
from silverprint.store.foreign_tables.row import text

_MAX_BYTES: Final = 250_000_000  # largest manifest; the file is held in memory, its rows are not
_MAX_PATH: Final = 65_535  # characters, as many as a zip has room for
_MAX_CAPTION: Final = 10_000  # longer captions are cut
_MAX_OTHER: Final = 2_000
_SAID: Final = ("sha256", "license", "contract", "consent", "label", "caption", "page_url")
_HERE: Final = re.compile(r"^(\./+)+")  # the prefix that `find .` writes


@dataclass
class Manifest:
    """
    Attributes:
        names: of the entries that were read as manifests.
        cut: captions that were too long.
        unused: columns that say nothing to us.
    """

    names: set[str] = field(default_factory=set)
    cut: int = 0
    unused: dict[str, None] = field(default_factory=dict)

    def __str__(self) -> str:
        first, *more = sorted(self.names)
        return f"{first} and {len(more)} more" if more else first


def read_manifest(drop: Drop, statements: ManifestIndex, metadata_alone: bool = False) -> Manifest:
    """Reads the drop's manifest, the first of several, into `statements`; where there is none, its metadata files.

    Args:
        metadata_alone: whether no manifest is looked for.

    Raises:
        DataError: it is not what its name says, has no column `path` or an unknown one, or states a path twice.
    """
    manifest = Manifest()
    folders: set[str] = set()
    for entry in drop.entries():
        folder, _, name = comparison_key(entry.name).rpartition("/")
        stem, _, kind = name.casefold().partition(".")
        where, kind = f"{drop.place}!{entry.name}", f".{kind}"
        if kind not in READERS:
            continue
        if stem == "manifest" and not folder and not metadata_alone:
            shape = Shape("manifest", ("path", *_SAID), "path", {"file_name": "path"})
            statements.clear()
            manifest = Manifest({entry.name})
            _read(manifest, statements, READERS[kind](where, _bytes(where, entry), shape), where, shape)
            return manifest
        if stem == "metadata" and folder not in folders and junk_reason(entry.name) is None:
            shape = Shape(
                "metadata", ("file_name", *_SAID), "file_name", {"text": "caption"}, None, suffix="_file_name"
            )
            try:
                _read(manifest, statements, READERS[kind](where, _bytes(where, entry), shape), where, shape, folder)
            except MissingColumnError:
                say(f"{where} has no column file_name, so it is taken for a file like any other")
                continue
            manifest.names.add(entry.name)
            folders.add(folder)
    return manifest


def _bytes(where: str, entry: Entry) -> BytesIO:
    answer = entry.answer(min(_MAX_BYTES, entry.size))  # readers make room for as many bytes as are asked for
    if entry.size > _MAX_BYTES:
        rule = f"a manifest has at most {_MAX_BYTES:,} bytes"
        raise DataError(where, rule, "split the drop, with a manifest for each part")
    if answer.data is None:
        rule = f"the manifest cannot be read ({answer.reason})"
        raise DataError(where, rule, "ask the partner for it again, or remove it")
    return BytesIO(answer.data)


def _read(
    manifest: Manifest,
    statements: ManifestIndex,
    rows: Iterator[tuple[int, dict[str, object] | Fault]],
    where: str,
    shape: Shape,
    folder: str = "",
) -> None:
    for number, row in rows:
        line = f"{where} line {number}"
        said = _said(line, row)
        if not any(said.values()):  # spreadsheets write empty rows
            continue
        path = said.pop(shape.needed, None)
        if path is None:
            raise DataError(line, "a row names the path of its picture", "complete it or remove it")
        path = posixpath.normpath(f"{folder}/{path}") if folder else _HERE.sub("", path)
        manifest.cut += len(said.get("caption") or "") > _MAX_CAPTION
        said["caption"] = (said.get("caption") or "")[:_MAX_CAPTION] or None
        said["sha256"] = _hash(line, said.get("sha256"))
        before = statements.add(path, number, FileStatement(**said))
        if before is not None:
            raise DataError(f"{line}: {path[:200]!r}", f"line {before} states it already", "keep one of the two")
    manifest.unused |= shape.unused


def _said(line: str, row: dict[str, object] | Fault) -> dict[str, str | None]:
    said: dict[str, str | None] = {}
    for column, value in {} if isinstance(row, Fault) else row.items():
        found = text(value)
        most = {"path": _MAX_PATH, "file_name": _MAX_PATH, "caption": None}.get(column, _MAX_OTHER)
        if isinstance(found, Fault):
            row = found
            break
        if most is not None and len(found or "") > most:
            row = Fault(f"{column} has more than {most:,} characters", "shorten it")
            break
        said[column] = found
    if isinstance(row, Fault):
        raise DataError(line, row.why, row.remedy)
    return said


def _hash(line: str, said: str | None) -> str | None:
    if said is not None and not re.fullmatch(IMAGE_ID, said.lower()):
        raise DataError(f"{line} sha256 {said[:100]!r}", "a SHA-256 is 64 hex digits", "fix it or remove it")
    return said.lower() if said else None
