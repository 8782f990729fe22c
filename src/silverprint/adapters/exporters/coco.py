"""COCO: a classification as categories and annotations, one for each picture."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from silverprint.adapters.exporters.exporter import Dataset, names, records
from silverprint.store import files


def export(dataset: Dataset, folder: Path) -> None:
    """Writes annotations/<split>.json, and <split>/<image_id>.<ext>, which `file_name` names below <split>.

    A category's id is its class's number and one, for readers of COCO keep 0 for what is no object. A box is the whole
    picture, so that tools for detection read the file, too.
    """
    first = 1
    for split, rows in dataset.splits():
        placed = names(rows)
        dataset.place({image_id: folder / split / name for image_id, name in placed.items()})
        document = _document(dataset, rows, list(placed.values()), first)
        files.write_text(folder / "annotations" / f"{split}.json", json.dumps(document, ensure_ascii=False))
        first += rows.height  # an id is of one picture in all splits


def _document(dataset: Dataset, rows: pl.DataFrame, placed: list[str], first: int) -> dict[str, Any]:
    licenses = {name: number for number, name in enumerate(rows["license"].drop_nulls().unique().sort(), start=1)}
    images, annotations = [], []
    for number, (row, name) in enumerate(zip(records(rows), placed, strict=True), start=first):
        width, height = row["width"], row["height"]
        known = {} if width is None or height is None else {"width": width, "height": height}
        picture = {"id": number, "file_name": name, **known, "license": licenses.get(row["license"]),
                   "coco_url": row["url"], "date_captured": row["fetched_at"], "image_id": row["image_id"],
                   "parent": row["parent"]}  # fmt: skip
        images.append({key: value for key, value in picture.items() if value is not None})
        box = {"bbox": [0, 0, width, height], "area": width * height} if known else {}
        annotations.append(
            {"id": number, "image_id": number, "category_id": dataset.numbers[row["label"]] + 1, **box, "iscrowd": 0,
             "label_source": row["label_source"], "score": row["confidence"]}
        )  # fmt: skip
    return {
        "info": {"description": dataset.name},
        "licenses": [{"id": number, "name": name} for name, number in licenses.items()],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number + 1, "name": name} for name, number in dataset.numbers.items()],
    }
