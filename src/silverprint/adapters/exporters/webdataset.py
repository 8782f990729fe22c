"""WebDataset: tar shards of a bounded size, in which a picture lies beside its number and its row."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint.adapters.exporters.columns import COLUMNS, file_name
from silverprint.adapters.exporters.exporter import Dataset, records

SHARD: Final = 500_000_000  # bytes of pictures after which a shard is full
SAMPLES: Final = 10_000  # pictures after which it is full, too


def export(dataset: Dataset, folder: Path) -> None:
    """Writes <split>-000000.tar and so on; a sample is <image_id>.<ext>, .cls (the class's number) and .json."""
    for split, rows in dataset.splits():
        samples = _samples(dataset, rows)
        number, sample = 0, next(samples, None)
        while sample is not None:
            with tarfile.open(folder / f"{split}-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
                room, places = SHARD, SAMPLES
                while sample is not None and room > 0 and places > 0:
                    for name, data in sample.items():
                        _add(tar, name, data)
                    room, places = room - len(next(iter(sample.values()))), places - 1
                    sample = next(samples, None)
            number += 1


def _samples(dataset: Dataset, rows: pl.DataFrame) -> Iterator[dict[str, bytes]]:
    """A sample's files by their names, the picture first."""
    numbers = dataset.numbers
    pictures = dataset.read(rows["image_id"].to_list())
    for row, (image_id, data) in zip(records(rows.select(*COLUMNS, "format")), pictures, strict=True):
        kind = row.pop("format")
        yield {
            file_name(image_id, kind): data,
            f"{image_id}.cls": str(numbers[row["label"]]).encode(),
            f"{image_id}.json": _json(row),
        }


def _json(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    head = tarfile.TarInfo(name)  # of no time and no owner: the same pictures give the same bytes
    head.size = len(data)
    tar.addfile(head, io.BytesIO(data))
