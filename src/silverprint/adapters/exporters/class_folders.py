"""Folders of classes, as ImageFolder and YOLO read them: their order is that of the classes' numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from silverprint.adapters.exporters.columns import file_name
from silverprint.adapters.exporters.exporter import Dataset, records

EMPTY: Final = ".no-pictures"  # file in a folder without pictures: DVC and Git do not keep empty folders

_UNSAFE: Final = '%/\\:*?"<>|'


def place(dataset: Dataset, rows: pl.DataFrame, folder: Path) -> list[str]:
    """Writes each picture to `folder`/<number>-<class>/<image_id>.<ext>; returns those names, in the order of the rows.

    Every class has its folder, pictures or not: torchvision numbers folders in the order of their names, and so gives
    every split the numbers that Parquet has.
    """
    places = class_folders(dataset.classes)
    names = [f"{places[row['label']]}/{file_name(row['image_id'], row['format'])}" for row in records(rows)]
    filled = set(rows["label"])
    for label, name in places.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        if label not in filled:
            (folder / name / EMPTY).touch()
    dataset.place({image_id: folder / name for image_id, name in zip(rows["image_id"], names, strict=True)})
    return names


def class_folders(classes: Sequence[str]) -> dict[str, str]:
    """Each class's folder: its number, with as many digits as the largest has and at least two, then its name."""
    digits = max(2, len(str(len(classes) - 1)))
    return {name: f"{number:0{digits}d}-{class_folder(name)}" for number, name in enumerate(classes)}


def class_folder(label: str) -> str:
    """`label` as a folder's name on any system: characters that have a meaning there become %XX, as in an address."""
    safe = "".join(f"%{ord(c):02X}" if c in _UNSAFE or ord(c) < 32 else c for c in label)
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe
