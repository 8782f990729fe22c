"""A split as a folder of pictures, one folder per class, with a table that names every file."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from silverprint.adapters.huggingface.columns import COLUMNS, file_name
from silverprint.records import TEXT
from silverprint.store import files, tables

_UNSAFE = '%/\\:*?"<>|'


def write(folder: Path, rows: pl.DataFrame, pictures: Iterable[tuple[str, bytes]]) -> None:
    """Writes each picture to `folder`/<class>/<image_id>.<ext>, and the rows twice.

    `folder`/metadata.parquet is for the library, which guesses a CSV's types and then refuses splits that differ (a
    column that one split never fills); `folder`.csv, beside the folder, is for people.

    Args:
        rows: the columns of COLUMNS, and `format`.
        pictures: (image_id, bytes) in the order of the rows.
    """
    names = [
        f"{class_folder(row['label'])}/{file_name(row['image_id'], row['format'])}"
        for row in rows.iter_rows(named=True)
    ]
    for label in rows["label"].unique():
        (folder / class_folder(label)).mkdir(parents=True, exist_ok=True)
    for name, (_, data) in zip(names, pictures, strict=True):
        (folder / name).write_bytes(data)
    metadata = rows.select(pl.Series("file_name", names, dtype=pl.String), *COLUMNS)
    tables.write(metadata, folder / "metadata.parquet", {"file_name": TEXT, **COLUMNS})
    files.write_bytes(folder.with_name(f"{folder.name}.csv"), metadata.write_csv().encode("utf-8"))


def class_folder(label: str) -> str:
    """`label` as a folder's name on any system: characters that have a meaning there become %XX, as in an address."""
    safe = "".join(f"%{ord(c):02X}" if c in _UNSAFE or ord(c) < 32 else c for c in label)
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe
