"""The ImageFolder as torchvision numbers it: in every split the numbers that Parquet has."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.adapters.huggingface import columns, imagefolder, parquet
from tests.helpers.report_campaign import jpeg

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


def written(folder: Path, classes: tuple[str, ...], occurring: dict[str, list[int]]) -> None:
    """A release whose splits hold one picture of each class that occurs in them."""
    known: dict[str, Any] = dict.fromkeys(columns.COLUMNS)
    (folder / "parquet").mkdir()
    for split, numbers in occurring.items():
        pictures = [(f"{number:064x}", jpeg(0)) for number in numbers]
        records = [
            {**known, "image_id": image_id, "label": classes[number], "format": "jpeg"}
            for (image_id, _), number in zip(pictures, numbers, strict=True)
        ]
        rows = pl.DataFrame(records, schema={**columns.COLUMNS, "format": pl.String()})
        parquet.write(folder / "parquet", split, rows, pictures, classes)
        imagefolder.write(folder / split, rows, pictures, classes)


def test_every_split_has_the_numbers_of_parquet(tmp_path: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    classes = ("t-shirt", "ankle boot", "10", "Zebra", "a/b", "é", "9")  # by age: no alphabet sorts them so
    written(tmp_path, classes, {"train": [0, 1, 3, 6], "test": [6, 2]})
    for split in ("train", "test"):
        found = datasets.ImageFolder(str(tmp_path / split), allow_empty=True)
        table = pq.read_table(tmp_path / "parquet" / f"{split}-00000-of-00001.parquet")
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert [name.partition("-")[2] for name in found.classes] == [imagefolder.class_folder(n) for n in classes]
        assert features["label"]["names"] == list(classes)
        numbers = dict(zip(table["image_id"].to_pylist(), table["label"].to_pylist(), strict=True))
        assert {Path(path).stem: number for path, number in found.samples} == numbers
        with pytest.raises(FileNotFoundError, match="05-é"):  # told, and never numbered otherwise
            datasets.ImageFolder(str(tmp_path / split))


@given(st.lists(names, unique=True, min_size=2, max_size=120))
@settings(max_examples=30)
def test_folders_sort_by_their_numbers_as_text_and_as_bytes(classes: list[str]) -> None:
    places = list(imagefolder.class_folders(classes).values())
    assert places == sorted(places) == sorted(places, key=str.encode)
    assert len(set(places)) == len(classes)


def test_every_class_has_a_folder_that_dvc_and_git_keep(tmp_path: Path) -> None:
    written(tmp_path, ("coat", "bag", "hat"), {"test": [1]})
    files = sorted(
        str(path.relative_to(tmp_path / "test")) for path in (tmp_path / "test").rglob("*") if path.is_file()
    )
    assert files == [
        "00-coat/.no-pictures", f"01-bag/{1:064x}.jpg", "02-hat/.no-pictures", "metadata.parquet",
    ]  # fmt: skip
