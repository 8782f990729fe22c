"""YOLO classification, as Ultralytics reads it: folders of classes in train, test and silver."""

from pathlib import Path

from silverprint.adapters.exporters import class_folders
from silverprint.adapters.exporters.exporter import Dataset


def export(dataset: Dataset, folder: Path) -> None:
    """Writes <split>/<number>-<class>/<image_id>.<ext>; where there is no `val`, Ultralytics validates on `test`."""
    for split, rows in dataset.splits():
        class_folders.place(dataset, rows, folder / split)
