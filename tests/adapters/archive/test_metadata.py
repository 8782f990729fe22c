"""Hugging Face's image folders: metadata files are manifests of the folders that they are in."""

import json
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from silverprint.adapters.archive.folder_entries import folder_entries
from silverprint.adapters.archive.manifest import read_manifest
from silverprint.adapters.archive.manifest_index import FileStatement, ManifestIndex
from silverprint.adapters.archive.open_drop import Drop, open_drop
from silverprint.adapters.archive.read import _labelled
from silverprint.config import FolderSource
from silverprint.errors import DataError
from tests.helpers.drops import folder, rows, zipped
from tests.helpers.web_pictures import encoded

TRAIN = (
    '{"file_name": "a.jpg", "label": "bag", "text": "A bag", "bbox": [1, 2]}\n{"file_name": "sub/b.jpg", "label": 3}\n'
)


def _parquet() -> bytes:
    buffer = BytesIO()
    pl.DataFrame({"image_file_name": ["c.jpg"], "license": ["MIT"]}).write_parquet(buffer)
    return buffer.getvalue()


FILES = {
    "train/metadata.jsonl": TRAIN.encode(),
    "train/a.jpg": encoded(1),
    "train/sub/b.jpg": encoded(2),
    "test/metadata.csv": b"file_name,label\nd.jpg,coat\ngone.jpg,coat\n",
    "test/d.jpg": encoded(4),
    "extra/metadata.parquet": _parquet(),
    "extra/c.jpg": encoded(3),
    "notes/metadata.csv": b"camera,owner\nx,y\n",
}


def test_metadata_in_every_folder_of_a_drop(acquired: Callable[[Path], None], tmp_path: Path, capsys) -> None:
    path = zipped(tmp_path / "drop.zip", FILES)
    acquired(path)
    said = {
        name: (row["reason"], row["source_label"], row["caption"], row["license"]) for name, row in rows(path).items()
    }
    assert said == {
        "train/a.jpg": (None, "bag", "A bag", "CC-BY-4.0"),
        "train/sub/b.jpg": (None, "3", None, "CC-BY-4.0"),
        "test/d.jpg": (None, "coat", None, "CC-BY-4.0"),
        "test/gone.jpg": ("missing", "coat", None, "CC-BY-4.0"),
        "extra/c.jpg": (None, None, None, "MIT"),
        "notes/metadata.csv": ("not-an-image", None, None, "CC-BY-4.0"),
    }
    told = capsys.readouterr().err
    assert "notes/metadata.csv has no column file_name" in told
    assert "has columns that are not used: bbox" in told


def test_a_manifest_goes_before_metadata(acquired: Callable[[Path], None], tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {**FILES, "Manifest.CSV": b"path,label\ntrain/a.jpg,dress\n"})
    acquired(path)
    assert rows(path)["train/a.jpg"]["source_label"] == "dress"
    assert rows(path)["train/metadata.jsonl"]["reason"] == "not-an-image"


@pytest.mark.parametrize(
    ("name", "said", "label"),
    [
        ("train/a.jpg", FileStatement(license="MIT"), None),  # a split that metadata tell of is no label
        ("train/a.jpg", None, "train"),  # otherwise it may well be one
        ("train/coat/a.jpg", FileStatement(), "coat"),
        ("coat/a.jpg", FileStatement(label="bag"), "bag"),
        ("a.jpg", None, None),
    ],
)
def test_labels_of_a_folder_of_ones_own(name: str, said: FileStatement | None, label: str | None) -> None:
    assert _labelled(name, said, FolderSource(kind="folder", path="own")).label == label


def test_metadata_of_a_folder_of_ones_own(tmp_path: Path) -> None:
    path = folder(tmp_path / "own", {**FILES, "manifest.csv": b"path,label\ntrain/a.jpg,dress\n"})
    with ManifestIndex() as found:
        read = read_manifest(Drop("own", "own!", lambda: folder_entries(path)), found, metadata_alone=True)
        assert read.names == {"train/metadata.jsonl", "test/metadata.csv", "extra/metadata.parquet"}
        assert found.take("train/a.jpg") == FileStatement(label="bag", caption="A bag")
        assert found.take("train/a.jpg") is None


@pytest.mark.slow
def test_a_manifest_of_many_rows_takes_no_memory(acquired: Callable[[Path], None], tmp_path: Path) -> None:
    """Each row of Python's would take 47 times its bytes."""
    lines = (json.dumps({"path": f"pictures/{number:07d}.jpg", "label": "bag"}) for number in range(5_000))
    path = folder(tmp_path / "drop", {"manifest.jsonl": "\n".join(lines).encode()})
    size = (path / "manifest.jsonl").stat().st_size
    tracemalloc.start()
    try:
        with ManifestIndex() as found:
            read_manifest(open_drop("partner", str(path)), found)
            assert tracemalloc.get_traced_memory()[1] < 1.5 * size + 300_000
            assert sum(1 for _ in found.rest()) == 5_000
    finally:
        tracemalloc.stop()


def test_a_manifest_that_is_too_long_is_told(acquired: Callable[[Path], None], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("silverprint.adapters.archive.manifest._MAX_BYTES", 100)
    path = folder(tmp_path / "drop", {"manifest.csv": b"path\n" + b"a\n" * 60})
    with pytest.raises(DataError, match="a manifest has at most 100 bytes; split the drop"):
        acquired(path)
