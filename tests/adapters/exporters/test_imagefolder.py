"""The tables of an ImageFolder name every file."""

from pathlib import Path

import polars as pl

from silverprint.adapters.exporters import columns, imagefolder
from tests.helpers.exports import a_dataset


def test_imagefolder_names_every_file(tmp_path: Path) -> None:
    dataset = a_dataset(raw_csv=True)
    imagefolder.export(dataset, tmp_path)
    stored = dict(dataset.read(dataset.rows["image_id"].to_list()))
    for split, rows in dataset.splits():
        metadata = pl.read_parquet(tmp_path / split / "metadata.parquet")
        assert pl.read_csv(tmp_path / f"{split}.csv", schema=metadata.schema).equals(metadata)
        assert metadata.columns == ["file_name", *columns.COLUMNS]
        assert metadata["image_id"].to_list() == rows["image_id"].to_list()
        for row in metadata.iter_rows(named=True):
            assert (tmp_path / split / row["file_name"]).read_bytes() == stored[row["image_id"]]
