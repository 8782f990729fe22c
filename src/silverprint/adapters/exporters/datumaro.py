"""Datumaro's own format: one JSON file per split, the pictures beside."""

import json
from pathlib import Path
from typing import Any

from silverprint.adapters.exporters.exporter import Dataset, names, records
from silverprint.store import files

_ATTRIBUTES = ("label_source", "confidence", "n_votes", "weight", "parent", "license", "source", "url")


def export(dataset: Dataset, folder: Path) -> None:
    """Writes annotations/<split>.json and images/<split>/<image_id>.<ext>."""
    labels = [{"name": name, "parent": "", "attributes": []} for name in dataset.classes]
    categories = {"label": {"labels": labels, "attributes": []}}
    numbers = dataset.numbers
    for split, rows in dataset.splits():
        placed = names(rows)
        dataset.place({image_id: folder / "images" / split / name for image_id, name in placed.items()})
        items = [
            _item(row, name, numbers[row["label"]]) for row, name in zip(records(rows), placed.values(), strict=True)
        ]
        document = {"info": {}, "categories": categories, "items": items}
        files.write_text(folder / "annotations" / f"{split}.json", json.dumps(document, ensure_ascii=False))


def _item(row: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    size = {} if row["width"] is None or row["height"] is None else {"size": [row["height"], row["width"]]}
    known = {key: row[key] for key in _ATTRIBUTES if row[key] is not None}
    return {
        "id": row["image_id"],
        "annotations": [{"id": 0, "type": "label", "attributes": known, "group": 0, "label_id": number}],
        "image": {"path": name, **size},
    }
