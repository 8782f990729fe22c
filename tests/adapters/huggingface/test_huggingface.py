"""Parquet and ImageFolder as `datasets` reads them; the card."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from silverprint.adapters.huggingface import card, columns, imagefolder, parquet
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


def test_imagefolder_names_every_file(tmp_path: Path, rows: pl.DataFrame, pictures: list[tuple[str, bytes]]) -> None:
    imagefolder.write(tmp_path / "train", rows, pictures, CLASSES)
    metadata = pl.read_parquet(tmp_path / "train" / "metadata.parquet")
    assert pl.read_csv(tmp_path / "train.csv", schema=metadata.schema).equals(metadata)
    assert metadata.columns == ["file_name", *columns.COLUMNS]
    for row, (_, data) in zip(metadata.iter_rows(named=True), pictures, strict=True):
        assert (tmp_path / "train" / row["file_name"]).read_bytes() == data
    assert sorted(path.name for path in (tmp_path / "train").iterdir() if path.is_dir()) == [
        "00-ankle boot", "01-t-shirt", "02-a%2Fb%3Ac",
    ]  # fmt: skip


@pytest.mark.parametrize(("label", "folder"), [("..", "%2E."), ("50% off", "50%25 off"), ("a\nb", "a%0Ab"), ("ö", "ö")])
def test_a_class_name_is_no_path(label: str, folder: str) -> None:
    assert imagefolder.class_folder(label) == folder


AUTOMATIC = {
    "round": "r01", "promised": 0.97, "confidence": 0.95, "pool": 1000, "released": 600, "coverage": 0.6, "groups": 1,
    "audited": 300, "above": 200, "right": 198, "precision": 0.99, "low": 0.9643, "high": 0.9988,
    "classes": {
        "dress | skirt": {"released": 600, "above": 200, "right": 198, "precision": 0.99, "low": 0.96, "high": 0.99,
                          "threshold": 0.874},
        "coat": {"released": 0, "above": 0, "right": 0},
    },
    "coverage_at": {"0.9": 0.8, "0.97": 0.6, "0.99": 0.0},
}  # fmt: skip


def a_card(**changes: Any) -> card.Card:
    facts: dict[str, Any] = {
        "name": "fashion",
        "question": "Which garment is this?",
        "classes": ("coat", "dress | skirt"),
        "splits": {"train": {"coat": 1200}, "test": {"coat": 3, "dress | skirt": 2}},
        "licenses": [
            {"license": "CC-BY-4.0", "source": "web", "pictures": 5},
            {"license": None, "source": "web", "pictures": 1},
        ],
        "sources": [{"source": "web", "pictures": 9, "kept": 7, "released": 6}],
        "rounds": [{"round": "r01", "pictures": 6, "votes": 12, "abstained": 1, "people": 3, "alpha": None}],
        "evaluation": {"n": 5, "accuracy": 0.8, "low": 0.4, "high": 0.95},
        "model_id": "r01-0123456789",
        "automatic": AUTOMATIC,
        "core_classes": ("coat",),
        "imagefolder": True,
    }  # fmt: skip
    return card.Card(**facts | changes)


def header(text: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(text.split("---\n")[1])
    return found


def test_the_cards_header_is_what_the_hub_reads() -> None:
    assert header(card.render(a_card())) == {
        "license": ["cc-by-4.0", "other"],
        "task_categories": ["image-classification"],
        "pretty_name": "fashion",
        "size_categories": ["1K<n<10K"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "parquet/train-*.parquet"},
                    {"split": "test", "path": "parquet/test-*.parquet"},
                ],
            }
        ],
    }


def test_the_cards_tables_have_whole_rows() -> None:
    text = card.render(a_card())
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for table in tables:
        bars = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(bars) == 1, table
    assert "1,205 pictures" in text
    assert "80.0 % of\n5 evaluation pictures (95 % interval 40.0 % to 95.0 %)" in text


def test_the_card_says_what_is_not_there() -> None:
    text = card.render(a_card(evaluation=None))
    assert "There is no evaluation of a model." in text
    assert "silver" not in text
