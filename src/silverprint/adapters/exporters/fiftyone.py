"""FiftyOneImageClassificationDataset: one folder per split with data/ and labels.json."""

import json
from pathlib import Path

from silverprint.adapters.exporters.exporter import Dataset, names
from silverprint.store import files


def export(dataset: Dataset, folder: Path) -> None:
    """Writes <split>/data/<image_id>.<ext>, and <split>/labels.json, which gives each image_id its class's number."""
    numbers = dataset.numbers
    for split, rows in dataset.splits():
        dataset.place({image_id: folder / split / "data" / name for image_id, name in names(rows).items()})
        labels = {image_id: numbers[label] for image_id, label in rows.select("image_id", "label").iter_rows()}
        document = {"classes": list(dataset.classes), "labels": labels}
        files.write_text(folder / split / "labels.json", json.dumps(document, ensure_ascii=False))
