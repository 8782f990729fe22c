"""Split as Parquet files with the images' bytes in them, typed for Hugging Face `datasets`."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from silverprint.adapters.exporters.columns import COLUMNS, TYPE_NAMES, file_name
from silverprint.adapters.exporters.exporter import Dataset

GROUP = 256  # rows of a row group: about 25 MB at 100 KB a picture
FILE = 500_000_000  # bytes of pictures after which a file is full: as large as the Hub has them

_ARROW = {pl.String(): pa.string(), pl.Int64(): pa.int64(), pl.Float64(): pa.float64()}


def export(dataset: Dataset, folder: Path) -> None:
    for split, rows in dataset.splits():
        write(folder, split, rows, dataset.read(rows["image_id"].to_list()), dataset.classes)


def write(
    folder: Path, split: str, rows: pl.DataFrame, pictures: Iterable[tuple[str, bytes]], classes: tuple[str, ...]
) -> None:
    """Writes `rows` with their pictures to `folder`/<split>-00000-of-00003.parquet and so on.

    Args:
        rows: the columns of COLUMNS, and `format`; others are left out.
        pictures: (image_id, bytes) in the order of the rows.
        classes: every one at the place of its number; a label is stored as that.
    """
    typed = schema(classes)
    numbers = {name: number for number, name in enumerate(classes)}
    # Pictures are compressed already.
    compression = {"image.bytes": "none"} | dict.fromkeys(("image.path", "label", *_values()), "zstd")
    groups = _groups(rows, pictures)
    written: list[Path] = []
    group = next(groups, None)
    while group is not None:
        written.append(folder / f".{split}-{len(written):05d}.part")
        room = FILE
        with pq.ParquetWriter(written[-1], typed, compression=compression) as writer:
            while group is not None and room > 0:
                records = [{**row, "label": numbers[row["label"]]} for row in group]
                writer.write_table(pa.Table.from_pylist(records, schema=typed))
                room -= sum(len(row["image"]["bytes"]) for row in group)
                group = next(groups, None)
    for number, path in enumerate(written):
        path.rename(folder / f"{split}-{number:05d}-of-{len(written):05d}.parquet")


def schema(classes: tuple[str, ...]) -> pa.Schema:
    """The Arrow schema; `datasets` finds its own types in the metadata."""
    features: dict[str, Any] = {
        "image": {"_type": "Image"},
        "label": {"names": list(classes), "_type": "ClassLabel"},
        **{name: {"dtype": TYPE_NAMES[dtype], "_type": "Value"} for name, dtype in _values().items()},
    }
    image = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
    fields = [("image", image), ("label", pa.int64()), *((name, _ARROW[dtype]) for name, dtype in _values().items())]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _values() -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in COLUMNS.items() if name != "label"}


def _groups(rows: pl.DataFrame, pictures: Iterable[tuple[str, bytes]]) -> Iterator[list[dict[str, Any]]]:
    records = zip(rows.select(*COLUMNS, "format").iter_rows(named=True), pictures, strict=True)
    while group := list(islice(records, GROUP)):
        yield [
            {**row, "image": {"bytes": data, "path": file_name(row["image_id"], row["format"])}}
            for row, (_, data) in group
        ]
