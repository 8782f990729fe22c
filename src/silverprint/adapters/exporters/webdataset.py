"""WebDataset: tar shards of a bounded size, in which a picture lies beside its number and its row.

The README.md beside the shards is for `datasets`: without it that library guesses types from the first five samples,
and then refuses what these leave null and others do not, or a picture in another format.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint.adapters.exporters.columns import COLUMNS, TYPE_NAMES, extension, file_name
from silverprint.adapters.exporters.exporter import Dataset, records
from silverprint.store import files

SHARD: Final = 500_000_000  # bytes of pictures after which a shard is full
SAMPLES: Final = 10_000  # pictures after which it is full, too


def export(dataset: Dataset, folder: Path) -> None:
    """Writes <split>-000000.tar and so on; a sample is <image_id>.<ext>, .cls (the class's number) and .json."""
    splits = []
    for split, rows in dataset.splits():
        splits.append(split)
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
    files.write_text(folder / "README.md", readme(splits, dataset.rows["format"].unique().to_list(), dataset.classes))


def readme(splits: Sequence[str], formats: Iterable[str], classes: Sequence[str]) -> str:
    """README.md of the shards: which are of which split, and the type of each field, as `datasets` reads them.

    Args:
        formats: of the pictures; a sample has a picture in one of them.
    """
    fields: list[dict[str, Any]] = [
        *({"name": name, "dtype": "image"} for name in sorted({extension(kind) for kind in formats})),
        {"name": "cls", "dtype": {"class_label": {"names": {str(n): name for n, name in enumerate(classes)}}}},
        {"name": "json", "struct": [{"name": name, "dtype": TYPE_NAMES[dtype]} for name, dtype in COLUMNS.items()]},
        *({"name": name, "dtype": "string"} for name in ("__key__", "__url__")),
    ]
    shards = [{"split": split, "path": f"{split}-*.tar"} for split in splits]
    head = {
        "configs": [{"config_name": "default", "data_files": shards}],
        "dataset_info": {"features": fields},
    }
    return f"---\n{json.dumps(head, indent=1, ensure_ascii=False)}\n---\n"  # JSON is YAML, too


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
