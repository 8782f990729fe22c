"""A release read by the `datasets` library itself, where it is installed (it is no dependency of ours)."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silverprint.adapters.huggingface import card, columns, imagefolder, parquet
from tests.adapters.huggingface.test_huggingface import CLASSES, a_card
from tests.helpers import needs
from tests.helpers.report_campaign import jpeg

needs.module("datasets", "run: make extras-env")
import datasets  # noqa: E402


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("release")
    (folder / "parquet").mkdir()
    for split, numbers in (("train", range(6)), ("test", range(6, 9)), ("silver", range(9, 11))):
        pictures = [(hashlib.sha256(data).hexdigest(), data) for data in map(jpeg, numbers)]
        role = None if split == "silver" else split  # a column that one split never fills
        known: dict[str, Any] = dict.fromkeys(columns.COLUMNS)
        rows = pl.DataFrame(
            [
                {**known, "image_id": i, "label": CLASSES[n % 3], "role": role, "format": "jpeg"}
                for n, (i, _) in enumerate(pictures)
            ],
            schema={**columns.COLUMNS, "format": pl.String()},
        )
        parquet.write(folder / "parquet", split, rows, pictures, CLASSES)
        imagefolder.write(folder / "imagefolder" / split, rows, pictures, CLASSES)
    counts = {"train": {}, "test": {}, "silver": {}}
    (folder / "README.md").write_text(card.render(a_card(splits=counts)), encoding="utf-8")
    (folder / "imagefolder" / "README.md").write_text(card.imagefolder(counts), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "cache")
        patch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        yield folder


def test_the_folder_loads_by_its_card(release: Path) -> None:
    found = datasets.load_dataset(str(release))
    assert {name: split.num_rows for name, split in found.items()} == {"train": 6, "test": 3, "silver": 2}
    assert found["train"].features["label"].names == list(CLASSES)
    assert isinstance(found["train"].features["image"], datasets.Image)
    first = found["train"][0]
    assert first["image"].size == (128, 128)
    assert found["train"].features["label"].int2str(first["label"]) == "ankle boot"


def test_the_same_pictures_load_as_files(release: Path) -> None:
    found = datasets.load_dataset(str(release / "imagefolder"))
    assert {name: split.num_rows for name, split in found.items()} == {"train": 6, "test": 3, "silver": 2}
    labels = {row["image_id"]: row["label"] for row in found["train"]}
    assert labels[hashlib.sha256(jpeg(0)).hexdigest()] == "ankle boot"
    assert found["train"][0]["image"].size == (128, 128)


def test_empty_classes_change_neither_pictures_nor_numbers(release: Path, tmp_path: Path) -> None:
    """Parquet and files of a split in which a class does not occur, and folders read without our table."""
    pictures = [(hashlib.sha256(data).hexdigest(), data) for data in map(jpeg, range(2))]
    known: dict[str, Any] = dict.fromkeys(columns.COLUMNS)
    rows = pl.DataFrame(
        [{**known, "image_id": i, "label": CLASSES[2], "format": "jpeg"} for i, _ in pictures],
        schema={**columns.COLUMNS, "format": pl.String()},
    )
    imagefolder.write(tmp_path / "train", rows, pictures, CLASSES)
    (tmp_path / "README.md").write_text(card.imagefolder(["train"]), encoding="utf-8")
    found = datasets.load_dataset(str(tmp_path))["train"]
    assert sorted(found["image_id"]) == sorted(i for i, _ in pictures)
    (tmp_path / "train" / "metadata.parquet").unlink()
    (tmp_path / "train" / "00-ankle boot" / ".no-pictures").unlink()
    bare = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "train"))["train"]
    assert bare.num_rows == 2
