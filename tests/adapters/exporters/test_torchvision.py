"""The ImageFolder as torchvision numbers it: in every split the numbers that Parquet has."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.adapters.exporters import class_folders, imagefolder, parquet
from tests.helpers.exports import a_dataset

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


def test_every_split_has_the_numbers_of_parquet(tmp_path: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    classes = ("t-shirt", "ankle boot", "10", "Zebra", "a/b", "é", "9")  # by age: no alphabet sorts them so
    dataset = a_dataset({"train": [0, 1, 3], "test": [2, 10]}, classes)
    for name, export in (("parquet", parquet.export), ("imagefolder", imagefolder.export)):
        (tmp_path / name).mkdir()
        export(dataset, tmp_path / name)
    for split in ("train", "test"):
        found = datasets.ImageFolder(str(tmp_path / "imagefolder" / split), allow_empty=True)
        table = pq.read_table(tmp_path / "parquet" / f"{split}-00000-of-00001.parquet")
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert [name.partition("-")[2] for name in found.classes] == list(map(class_folders.class_folder, classes))
        assert features["label"]["names"] == list(classes)
        numbers = dict(zip(table["image_id"].to_pylist(), table["label"].to_pylist(), strict=True))
        assert {Path(path).stem: number for path, number in found.samples} == numbers
        with pytest.raises(FileNotFoundError, match="05-é"):  # told, and never numbered otherwise
            datasets.ImageFolder(str(tmp_path / "imagefolder" / split))


@given(st.lists(names, unique=True, min_size=2, max_size=120))
@settings(max_examples=30)
def test_folders_sort_by_their_numbers_as_text_and_as_bytes(classes: list[str]) -> None:
    places = list(class_folders.class_folders(classes).values())
    assert places == sorted(places) == sorted(places, key=str.encode)
    assert len(set(places)) == len(classes)


def test_every_class_has_a_folder_that_dvc_and_git_keep(tmp_path: Path) -> None:
    dataset = a_dataset({"test": [1]}, ("coat", "bag", "hat"))
    imagefolder.export(dataset, tmp_path)
    files = sorted(
        str(path.relative_to(tmp_path / "test")) for path in (tmp_path / "test").rglob("*") if path.is_file()
    )
    assert files == [
        "00-coat/.no-pictures", f"01-bag/{dataset.rows['image_id'][0]}.jpg", "02-hat/.no-pictures", "metadata.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize(("label", "folder"), [("..", "%2E."), ("50% off", "50%25 off"), ("a\nb", "a%0Ab"), ("ö", "ö")])
def test_a_class_name_is_no_path(label: str, folder: str) -> None:
    assert class_folders.class_folder(label) == folder
