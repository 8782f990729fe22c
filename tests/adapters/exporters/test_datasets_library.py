"""A release read by the `datasets` library itself, where it is installed (it is no dependency of ours)."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from silverprint.adapters.exporters import imagefolder, parquet, webdataset
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.exporters.exporter import Dataset
from silverprint.adapters.huggingface import card
from tests.adapters.huggingface.test_huggingface import a_card
from tests.helpers import needs
from tests.helpers.exports import CLASSES, REMEDY, a_dataset

needs.module("datasets", REMEDY)
import datasets  # noqa: E402

COUNTS = {"test": 3, "train": 9, "silver": 2}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return a_dataset()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("release")
    for name, export in (("parquet", parquet.export), ("imagefolder", imagefolder.export)):
        (folder / name).mkdir()
        export(dataset, folder / name)
    counts: dict[str, dict[str, int]] = {split: {} for split in COUNTS}
    (folder / "README.md").write_text(card.render(a_card(splits=counts)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "cache")
        patch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        yield folder


def test_the_folder_loads_by_its_card(release: Path) -> None:
    found = datasets.load_dataset(str(release))
    assert {name: split.num_rows for name, split in found.items()} == COUNTS
    assert found["train"].features["label"].names == list(CLASSES)
    assert isinstance(found["train"].features["image"], datasets.Image)
    first = found["test"][0]
    assert first["image"].size == (128, 128)
    assert found["train"].features["label"].int2str(first["label"]) == CLASSES[0]


def test_the_same_pictures_load_as_files(release: Path, dataset: Dataset) -> None:
    found = datasets.load_dataset(str(release / "imagefolder"))
    assert {name: split.num_rows for name, split in found.items()} == COUNTS
    labels = {row["image_id"]: row["label"] for split in found.values() for row in split}
    assert labels == dict(dataset.rows.select("image_id", "label").iter_rows())
    assert found["train"][0]["image"].size == (128, 128)


def test_empty_classes_change_neither_pictures_nor_numbers(release: Path, tmp_path: Path) -> None:
    """Files of a split in which a class does not occur, and folders read without our table."""
    dataset = a_dataset({"train": [1, 7]})
    imagefolder.export(dataset, tmp_path)
    found = datasets.load_dataset(str(tmp_path))["train"]
    assert sorted(found["image_id"]) == sorted(dataset.rows["image_id"])
    (tmp_path / "train" / "metadata.parquet").unlink()
    (tmp_path / "train" / "00-t-shirt" / ".no-pictures").unlink()
    bare = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "train"))["train"]
    assert bare.num_rows == 2


def test_shards_load_whose_first_samples_lack_what_others_have(release: Path, tmp_path: Path) -> None:
    """Without their README.md the library takes a field for one of nulls, and knows no second format of a picture."""
    assert release, "its cache and no network"
    dataset = a_dataset()
    last = pl.int_range(pl.len()).over("split") == pl.len().over("split") - 1
    rows = dataset.rows.with_columns(
        weight=pl.when(last & (pl.col("split") == "test")).then(2.5),
        caption=pl.when(last).then(pl.lit("seen")),
        format=pl.when(last).then(pl.lit("png")).otherwise("format"),
    )
    webdataset.export(Dataset("fashion", rows, CLASSES, dataset.read), tmp_path)
    found = datasets.load_dataset(str(tmp_path))
    assert {name: split.num_rows for name, split in found.items()} == COUNTS
    assert found["test"].features["cls"].names == list(CLASSES)
    wanted = {row["image_id"]: row for row in rows.select(*COLUMNS, "format").to_dicts()}
    for row in (row for split in found.values() for row in split):
        expected = wanted.pop(row["__key__"])
        kind = expected.pop("format")
        assert row["json"] == expected
        assert found["train"].features["cls"].int2str(row["cls"]) == expected["label"]
        assert row["png" if kind == "png" else "jpg"].size == (128, 128)
        assert row["jpg" if kind == "png" else "png"] is None
    assert not wanted
