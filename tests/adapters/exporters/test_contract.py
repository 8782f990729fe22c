"""What every format of a release keeps, read as its users read it."""

from pathlib import Path
from typing import get_args

import pytest

from silverprint.adapters.exporters import EXPORTERS, webdataset
from silverprint.adapters.exporters import exporter as exporter_module
from silverprint.config import field_types
from tests.helpers.exports import READERS, Found, a_dataset, truth

# webdataset leaves the tar files it has read to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning", "ignore:Exception ignored in.*FileIO")

FORMATS = sorted(EXPORTERS)
FILES = sorted(EXPORTERS.keys() - {"parquet", "webdataset"})  # with a file for each picture


def exported(folder: Path, name: str, **changes: object) -> Path:
    (folder / name).mkdir(parents=True)
    EXPORTERS[name](a_dataset(**changes), folder / name)  # type: ignore[arg-type]
    return folder / name


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_format_that_params_may_name_is_written_and_read() -> None:
    assert list(EXPORTERS) == list(get_args(field_types.ReleaseFormat)) == list(READERS)


@pytest.mark.parametrize("name", FORMATS)
def test_splits_labels_and_bytes_are_those_of_the_dataset(name: str, tmp_path: Path) -> None:
    found: Found = READERS[name](exported(tmp_path, name))
    assert found == truth(a_dataset())
    assert len(found) == 14


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_dataset_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    assert contents(exported(tmp_path / "a", name)) == contents(exported(tmp_path / "b", name))


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_of_unknown_size_is_exported(name: str, tmp_path: Path) -> None:
    assert contents(exported(tmp_path, name, width=None, height=None))


@pytest.mark.parametrize("name", FORMATS)
def test_no_name_leaves_the_folder_or_is_none_on_another_system(name: str, tmp_path: Path) -> None:
    classes = ("..", "con:", "a|b", "50% off", "x" * 80, "?")
    folder = exported(tmp_path, name, classes=classes)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    for path in folder.rglob("*"):
        assert not set(path.name) & set('\\:*?"<>|'), path
        assert len(path.name.encode()) < 256


def test_files_of_several_formats_are_one_file_on_the_disk(tmp_path: Path) -> None:
    dataset = a_dataset()
    for name in FILES:
        (tmp_path / name).mkdir()
        EXPORTERS[name](dataset, tmp_path / name)
    for image_id in dataset.rows["image_id"]:
        paths = list(tmp_path.rglob(f"{image_id}.jpg"))
        assert len(paths) == len(FILES)
        assert len({path.stat().st_ino for path in paths}) == 1


def test_where_the_disk_has_no_links_a_picture_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(exporter_module.os, "link", refused)
    dataset = a_dataset()
    for name in ("imagefolder", "fiftyone"):
        (tmp_path / name).mkdir()
        EXPORTERS[name](dataset, tmp_path / name)
        assert READERS[name](tmp_path / name) == truth(dataset)


@pytest.mark.parametrize(("limit", "value"), [("SHARD", 5_000), ("SAMPLES", 2)])
def test_shards_are_bounded(limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webdataset, limit, value)
    folder = exported(tmp_path, "webdataset")
    train = sorted(path.name for path in folder.glob("train-*"))
    assert len(train) > 2
    assert train == [f"train-{number:06d}.tar" for number in range(len(train))]
    assert READERS["webdataset"](folder) == truth(a_dataset())
