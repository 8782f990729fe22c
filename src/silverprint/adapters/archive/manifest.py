"""manifest.csv, a partner's word about its pictures: columns path, license, label, page_url; all but path optional."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from silverprint.adapters.archive.entries import Entry
from silverprint.errors import DataError

MANIFEST = "manifest.csv"
_MAX_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Stated:
    license: str | None = None
    label: str | None = None
    page_url: str | None = None


def read_manifest(archive: Path, entries: Sequence[Entry]) -> dict[str, Stated]:
    """What the drop's manifest states, by path inside; empty where there is none.

    Raises:
        DataError: it is not UTF-8 CSV with a column `path`.
    """
    entry = next((entry for entry in entries if entry.name == MANIFEST), None)
    if entry is None:
        return {}
    where = f"{archive}!{MANIFEST}"
    data = entry.answer(_MAX_BYTES).data
    if data is None:
        raise DataError(where, "the manifest cannot be read", "ask the partner for it again, or take it out")
    try:
        rows = csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""))
        if "path" not in (rows.fieldnames or ()):
            raise ValueError("no column 'path'")
        return {row["path"]: _stated(row) for row in rows if row["path"]}
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        rule = f"the manifest is no UTF-8 CSV with a column 'path' ({error})"
        raise DataError(where, rule, "mend it: path, license, label, page_url") from None


def _stated(row: dict[str, str | None]) -> Stated:
    said = {name: (row.get(name) or "").strip() or None for name in ("license", "label", "page_url")}
    return Stated(**said)
