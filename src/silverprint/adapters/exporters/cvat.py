"""CVAT for images 1.1: one annotations.xml per split, in which a label is a tag."""

from pathlib import Path
from xml.etree import ElementTree

import polars as pl

from silverprint.adapters.exporters.exporter import Dataset, names, records
from silverprint.store import files


def export(dataset: Dataset, folder: Path) -> None:
    """Writes <split>/annotations.xml and <split>/images/<image_id>.<ext>: zipped, a split is a task of CVAT."""
    for split, rows in dataset.splits():
        placed = names(rows)
        dataset.place({image_id: folder / split / "images" / name for image_id, name in placed.items()})
        files.write_bytes(folder / split / "annotations.xml", _document(dataset, split, rows, list(placed.values())))


def _document(dataset: Dataset, split: str, rows: pl.DataFrame, placed: list[str]) -> bytes:
    root = ElementTree.Element("annotations")
    _text(root, "version", "1.1")
    task = ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task")
    for name, value in (("name", f"{dataset.name} {split}"), ("size", str(rows.height)), ("mode", "annotation")):
        _text(task, name, value)
    labels = ElementTree.SubElement(task, "labels")
    for name in dataset.classes:
        label = ElementTree.SubElement(labels, "label")
        _text(label, "name", name)
        _text(label, "type", "tag")
        ElementTree.SubElement(label, "attributes")
    for number, (row, name) in enumerate(zip(records(rows), placed, strict=True)):
        # The format wants a size: 0 where none is known.
        size = {"width": str(row["width"] or 0), "height": str(row["height"] or 0)}
        image = ElementTree.SubElement(root, "image", {"id": str(number), "name": name, **size})
        source = "manual" if row["label_source"] == "human" else "auto"
        ElementTree.SubElement(image, "tag", {"label": row["label"], "source": source})
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _text(parent: ElementTree.Element, name: str, value: str) -> None:
    ElementTree.SubElement(parent, name).text = value
