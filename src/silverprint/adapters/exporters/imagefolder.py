"""ImageFolder: in each split one folder per class, and a table that names every file."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from silverprint.adapters.exporters import class_folders, spreadsheet
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.exporters.exporter import Dataset
from silverprint.records import TEXT
from silverprint.store import files, tables


def export(dataset: Dataset, folder: Path) -> None:
    """Writes the folders of `class_folders.place`, and each split's rows twice.

    <split>/metadata.parquet is for the library, which guesses a CSV's types and then refuses splits that differ (a
    column that one split never fills); <split>.csv, beside the folder, is for people.
    """
    splits = []
    for split, rows in dataset.splits():
        splits.append(split)
        names = class_folders.place(dataset, rows, folder / split)
        metadata = rows.select(pl.Series("file_name", names, dtype=pl.String), *COLUMNS)
        tables.write(metadata, folder / split / "metadata.parquet", {"file_name": TEXT, **COLUMNS})
        spreadsheet.write(metadata, folder / f"{split}.csv", raw=dataset.raw_csv)
    files.write_text(folder / "README.md", readme(splits))


def readme(splits: Iterable[str]) -> str:
    """README.md of the ImageFolder: without it the library takes only folders whose names it knows, not `silver`."""
    lines = "".join(f"      - split: {split}\n        path: {split}/**\n" for split in splits)
    return f"---\nconfigs:\n  - config_name: default\n    data_files:\n{lines}---\n"
