"""CSV: one table of all splits beside the pictures' files."""

from pathlib import Path

import polars as pl

from silverprint.adapters.exporters import spreadsheet
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.exporters.exporter import Dataset, names


def export(dataset: Dataset, folder: Path) -> None:
    """Writes labels.csv, whose `file_name` is images/<image_id>.<ext> and whose `number` is the class's."""
    files = names(dataset.rows)
    dataset.place({image_id: folder / "images" / name for image_id, name in files.items()})
    table = dataset.rows.select(
        pl.Series("file_name", [f"images/{name}" for name in files.values()], dtype=pl.String),
        "split",
        pl.col("label").replace_strict(dataset.numbers, return_dtype=pl.Int64).alias("number"),
        *COLUMNS,
    )
    spreadsheet.write(table, folder / "labels.csv", raw=dataset.raw_csv)
