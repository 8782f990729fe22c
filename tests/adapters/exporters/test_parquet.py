"""Parquet as `datasets` reads it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint.adapters.exporters import columns, parquet
from tests.helpers.report_campaign import jpeg

CLASSES = ("ankle boot", "t-shirt", "a/b:c")


@pytest.fixture
def pictures() -> list[tuple[str, bytes]]:
    return [(f"{number:064x}", jpeg(number)) for number in range(7)]


@pytest.fixture
def rows(pictures: list[tuple[str, bytes]]) -> pl.DataFrame:
    known: dict[str, Any] = dict.fromkeys(columns.COLUMNS)
    records = [
        {**known, "image_id": image_id, "label": CLASSES[number % 3], "n_votes": 2, "confidence": 0.5, "format": "jpeg"}
        for number, (image_id, _) in enumerate(pictures)
    ]
    return pl.DataFrame(records, schema={**columns.COLUMNS, "format": pl.String()})


def test_parquet_holds_the_very_bytes_and_hugging_faces_types(
    tmp_path: Path, rows: pl.DataFrame, pictures: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP", 3)
    parquet.write(tmp_path, "train", rows, pictures, CLASSES)
    file = pq.ParquetFile(tmp_path / "train-00000-of-00001.parquet")
    assert file.num_row_groups == 3
    table = file.read()
    assert [row["bytes"] for row in table["image"].to_pylist()] == [data for _, data in pictures]
    assert [row["path"] for row in table["image"].to_pylist()] == [f"{image_id}.jpg" for image_id, _ in pictures]
    assert table["label"].to_pylist() == [0, 1, 2, 0, 1, 2, 0]
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["label"] == {"names": list(CLASSES), "_type": "ClassLabel"}
    assert list(features) == table.column_names == ["image", "label", *(n for n in columns.COLUMNS if n != "label")]


def test_parquet_bytes_are_the_same_twice(
    tmp_path: Path, rows: pl.DataFrame, pictures: list[tuple[str, bytes]]
) -> None:
    for name in ("a", "b"):
        parquet.write(tmp_path, name, rows, pictures, CLASSES)
    a, b = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert a == b


@given(st.integers(1, 8), st.integers(1, 7), st.integers(1, 60_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
def test_files_of_a_split_hold_its_rows_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    rows: pl.DataFrame,
    pictures: list[tuple[str, bytes]],
    group: int,
    count: int,
    file: int,
) -> None:
    folder = tmp_path_factory.mktemp("split")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "GROUP", group)
        patch.setattr(parquet, "FILE", file)
        parquet.write(folder, "train", rows.head(count), pictures[:count], CLASSES)
    paths = sorted(folder.iterdir())
    total = len(paths)
    assert [path.name for path in paths] == [f"train-{n:05d}-of-{total:05d}.parquet" for n in range(total)]
    tables = [pq.read_table(path) for path in paths]
    assert [name for table in tables for name in table["image_id"].to_pylist()] == rows["image_id"][:count].to_list()
    sizes = [[len(image["bytes"]) for image in table["image"].to_pylist()] for table in tables]
    assert all(sum(found[:-group]) < file for found in sizes)  # full after the group that fills it
    assert all(sum(found) >= file for found in sizes[:-1])
