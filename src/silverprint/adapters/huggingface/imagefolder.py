"""Split as an ImageFolder: one folder per class, and a table that names every file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from silverprint.adapters.huggingface import spreadsheet
from silverprint.adapters.huggingface.columns import COLUMNS, file_name
from silverprint.records import TEXT
from silverprint.store import files, tables

_UNSAFE = '%/\\:*?"<>|'


EMPTY: Final = ".no-pictures"  # file in a folder without pictures: DVC and Git do not keep empty folders


def write(
    folder: Path,
    rows: pl.DataFrame,
    pictures: Iterable[tuple[str, bytes]],
    classes: Sequence[str],
    *,
    raw_csv: bool = False,
) -> None:
    """Writes each picture to `folder`/<number>-<class>/<image_id>.<ext>, and the rows twice.

    Every class has its folder, pictures or not, and the folders' order is that of the numbers: torchvision numbers
    folders in the order of their names, and so gives every split the numbers that Parquet has.

    `folder`/metadata.parquet is for the library, which guesses a CSV's types and then refuses splits that differ (a
    column that one split never fills); `folder`.csv, beside the folder, is for people.

    Args:
        rows: the columns of COLUMNS, and `format`.
        pictures: (image_id, bytes) in the order of the rows.
        classes: every one at the place of its number.
        raw_csv: text in the CSV stays as it is, even where a spreadsheet would take it for a formula.
    """
    places = class_folders(classes)
    names = [
        f"{places[row['label']]}/{file_name(row['image_id'], row['format'])}" for row in rows.iter_rows(named=True)
    ]
    filled = set(rows["label"])
    for label, place in places.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        if label not in filled:
            (folder / place / EMPTY).touch()
    for name, (_, data) in zip(names, pictures, strict=True):
        (folder / name).write_bytes(data)
    metadata = rows.select(pl.Series("file_name", names, dtype=pl.String), *COLUMNS)
    tables.write(metadata, folder / "metadata.parquet", {"file_name": TEXT, **COLUMNS})
    table = metadata if raw_csv else spreadsheet.neutralise(metadata)
    files.write_bytes(folder.with_name(f"{folder.name}.csv"), table.write_csv().encode("utf-8"))


def class_folders(classes: Sequence[str]) -> dict[str, str]:
    """Each class's folder: its number, with as many digits as the largest has and at least two, then its name."""
    digits = max(2, len(str(len(classes) - 1)))
    return {name: f"{number:0{digits}d}-{class_folder(name)}" for number, name in enumerate(classes)}


def class_folder(label: str) -> str:
    """`label` as a folder's name on any system: characters that have a meaning there become %XX, as in an address."""
    safe = "".join(f"%{ord(c):02X}" if c in _UNSAFE or ord(c) < 32 else c for c in label)
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe
