"""A small dataset to export, and readers of each format: the libraries that its users read it with, or its rules."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

import polars as pl

from silverprint.adapters.exporters import columns
from silverprint.adapters.exporters.exporter import Dataset
from tests.helpers import needs
from tests.helpers.report_campaign import jpeg

CLASSES: Final = ("t-shirt", "ankle boot", "10", "a/b:c", "é", "=9", "never seen")  # by age: no alphabet sorts them so
EXTRA: Final = {"split": pl.String(), "format": pl.String(), "width": pl.Int64(), "height": pl.Int64()}
REMEDY: Final = "run: make extras-env"

Found: TypeAlias = dict[str, tuple[str, int, bytes]]  # image_id -> split, number of the class, bytes


def a_dataset(
    splits: dict[str, Sequence[int]] | None = None, classes: tuple[str, ...] = CLASSES, raw_csv: bool = False,
    pictures: Callable[[int], bytes] = jpeg, **known: Any,
) -> Dataset:  # fmt: skip
    """A dataset whose splits hold a picture of each number; its class is that number's, and counted round."""
    chosen = splits or {"test": range(3), "train": range(3, 12), "silver": range(12, 14)}
    stored, rows = {}, []
    for split, numbers in chosen.items():
        for number in numbers:
            data = pictures(number)
            image_id = hashlib.sha256(data).hexdigest()
            stored[image_id] = data
            label = classes[number % min(6, len(classes))]
            facts = {"image_id": image_id, "label": label, "confidence": 0.5, "n_votes": 2,
                     "split": split, "format": "jpeg", "width": 128, "height": 128, "license": "CC0-1.0",
                     "label_source": "auto" if split == "silver" else "human",
                     "role": None if split == "silver" else split}  # fmt: skip
            rows.append(dict.fromkeys(columns.COLUMNS) | facts | known)
    frame = pl.DataFrame(rows, schema={**columns.COLUMNS, **EXTRA})
    return Dataset("fashion", frame, classes, lambda ids: ((i, stored[i]) for i in ids), raw_csv)


def truth(dataset: Dataset) -> Found:
    bytes_of = dict(dataset.read(dataset.rows["image_id"].to_list()))
    return {
        image_id: (split, dataset.numbers[label], bytes_of[image_id])
        for image_id, split, label in dataset.rows.select("image_id", "split", "label").iter_rows()
    }


def parquet(folder: Path) -> Found:
    needs.module("datasets", REMEDY)
    import datasets

    splits = sorted({path.name.partition("-")[0] for path in folder.iterdir()})
    files = {split: [str(path) for path in sorted(folder.glob(f"{split}-*"))] for split in splits}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(folder.parent / "cache"))
    return {
        row["image_id"]: (split, row["label"], row["image"]["bytes"])
        for split, rows in loaded.items()
        for row in rows.cast_column("image", datasets.Image(decode=False))
    }


def class_folders(folder: Path) -> Found:
    """By torchvision, as Ultralytics does, too: whose names of classes are the folders of train, sorted."""
    from torchvision.datasets import ImageFolder

    found: Found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        loaded = ImageFolder(str(place), allow_empty=True)
        assert loaded.classes == sorted(path.name for path in (folder / "train").iterdir() if path.is_dir())
        found |= {Path(path).stem: (place.name, number, Path(path).read_bytes()) for path, number in loaded.samples}
    return found


def webdataset(folder: Path) -> Found:
    needs.module("webdataset", REMEDY)
    import webdataset

    found: Found = {}
    for path in sorted(folder.glob("*.tar")):
        for sample in webdataset.WebDataset(str(path), shardshuffle=False):
            row = json.loads(sample["json"])
            assert row["image_id"] == sample["__key__"]
            found[sample["__key__"]] = (path.name.rpartition("-")[0], int(sample["cls"]), sample["jpg"])
    return found


def csv(folder: Path) -> Found:
    import pandas as pd

    table = pd.read_csv(folder / "labels.csv")
    return {
        row.image_id: (row.split, int(row.number), (folder / row.file_name).read_bytes()) for row in table.itertuples()
    }


def coco(folder: Path) -> Found:
    needs.module("pycocotools", REMEDY)
    from pycocotools.coco import COCO

    found: Found = {}
    for path in sorted((folder / "annotations").iterdir()):
        loaded = COCO(str(path))
        for (annotation,) in loaded.imgToAnns.values():
            (image,) = loaded.loadImgs(annotation["image_id"])
            data = (folder / path.stem / image["file_name"]).read_bytes()
            found[Path(image["file_name"]).stem] = (path.stem, annotation["category_id"] - 1, data)
        assert len(loaded.getAnnIds(areaRng=[128 * 128 - 1, 128 * 128 + 1])) == len(loaded.imgs)
        assert [category["id"] for category in loaded.loadCats(loaded.getCatIds())] == list(
            range(1, len(loaded.cats) + 1)
        )
    return found


def datumaro(folder: Path) -> Found:
    found: Found = {}
    for path in sorted((folder / "annotations").iterdir()):
        document = json.loads(path.read_text(encoding="utf-8"))
        for item in document["items"]:
            (label,) = item["annotations"]
            assert (label["type"], item["image"]["size"]) == ("label", [128, 128])
            data = (folder / "images" / path.stem / item["image"]["path"]).read_bytes()
            found[item["id"]] = (path.stem, label["label_id"], data)
    return found


def cvat(folder: Path) -> Found:
    found: Found = {}
    for place in sorted(folder.iterdir()):
        root = ElementTree.parse(place / "annotations.xml").getroot()  # noqa: S314
        names = [element.text for element in root.findall("meta/task/labels/label/name")]
        for image in root.findall("image"):
            (tag,) = image.findall("tag")
            data = (place / "images" / image.attrib["name"]).read_bytes()
            found[Path(image.attrib["name"]).stem] = (place.name, names.index(tag.attrib["label"]), data)
    return found


def fiftyone(folder: Path) -> Found:
    found: Found = {}
    for place in sorted(folder.iterdir()):
        document = json.loads((place / "labels.json").read_text(encoding="utf-8"))
        assert {path.stem for path in (place / "data").iterdir()} == document["labels"].keys()
        for path in (place / "data").iterdir():
            found[path.stem] = (place.name, document["labels"][path.stem], path.read_bytes())
    return found


READERS: Final[dict[str, Callable[[Path], Found]]] = {
    "parquet": parquet,
    "imagefolder": class_folders,
    "webdataset": webdataset,
    "csv": csv,
    "coco": coco,
    "yolo-cls": class_folders,
    "datumaro": datumaro,
    "cvat": cvat,
    "fiftyone": fiftyone,
}
