"""Predictions of another system, as people's programs write them."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters import prediction_table
from silverprint.adapters.prediction_table import Predictions
from silverprint.config import TableClassifier
from silverprint.errors import ConfigError, DataError, UnavailableError

CLASSES = ("coat", "bag", "boot")


def of(path: Path, **classes: tuple[str, ...]) -> TableClassifier:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return TableClassifier(kind="table", path=str(path), sha256=digest, classes=classes)


def read(path: Path, text: str, **classes: tuple[str, ...]) -> Predictions:
    path.write_text(text, encoding="utf-8")
    return prediction_table.read("shop", of(path, **classes), CLASSES)


def test_a_row_names_a_picture_and_a_class_with_a_confidence(tmp_path: Path) -> None:
    found = read(tmp_path / "p.csv", "image_id;label;score;note\na1;bag;0.9;x\nhttp://b,2;COAT;0.5;y\nc3;coat;0.25;z\n")
    assert found.pictures == ["a1", "c3"]
    assert found.other == {"COAT": 1}
    np.testing.assert_allclose(found.probabilities[0], [0.05, 0.9, 0.05], atol=1e-6)
    assert found.probabilities[1].argmax() == 0
    assert found.unused == ("note",)
    assert found.faults == 0


def test_a_share_for_each_class_sums_over_the_words_of_one(tmp_path: Path) -> None:
    text = "url,trench,fur,bag,teapot\nhttp://a/1,.2,.3,.1,.4\nhttp://a/2,,,1,\n"
    found = read(tmp_path / "p.csv", text, coat=("trench", "fur"))
    np.testing.assert_allclose(found.probabilities, [[0.5 + 0.4 / 3, 0.1 + 0.4 / 3, 0.4 / 3], [0, 1, 0]], atol=1e-6)
    assert found.unused == ("teapot",)


def test_what_cannot_be_used_is_counted_and_the_first_of_it_named(tmp_path: Path) -> None:
    text = "image_id,class,confidence\na,bag,90\nb,bag,.9\nc,,.9\n,bag,.9\nd,bag,nan\ne,bag,\n"
    found = read(tmp_path / "p.csv", text)
    assert found.pictures == ["b"]
    assert found.faults == 5
    assert found.first_fault == "line 2: confidence = '90' is no number of 0 to 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,class,confidence\na,bag,90\n", "none of its 1 rows can be used"),
        ("image_id,coat,bag\na,60,40\n", r"coat = '60' is no number of 0 to 1|bag = '40'"),
        ("image_id,coat,bag\na,.9,.9\n", "its shares sum to 1.8"),
        ("image_id,coat,bag\na,0,0\n", "its shares sum to 0"),
        ("image_id,class,confidence\na,teapot,.9\nb,jar,.9\n", r"names 'teapot', 'jar'.*none of its 2 rows.*`classes`"),
        ("image_id,class,confidence\n", "it has no rows"),
        ("class,confidence\nbag,.9\n", "no column 'picture'"),
        ("image_id,teapot\na,.9\n", "it names no class"),
    ],
)
def test_a_table_without_a_prediction_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(tmp_path / "p.csv", text)


def test_only_the_file_that_is_meant_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("image_id,class,confidence\na,bag,.9\n")
    meant = of(path)
    path.write_text("image_id,class,confidence\na,coat,.9\n")
    now = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ConfigError, match=rf"classifiers\.shop\.sha256.*has another one.*sha256: {now}"):
        prediction_table.require_file("shop", meant)
    path.unlink()
    with pytest.raises(UnavailableError, match=r"classifiers\.shop\.path.*no such file"):
        prediction_table.require_file("shop", meant)
    other = tmp_path / "p.xlsx"
    other.write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"ends in \.csv"):
        prediction_table.require_file("shop", of(other))


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    written = csv.DictWriter(text, list(rows[0]))
    written.writeheader()
    written.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    data = io.BytesIO()
    pl.DataFrame(rows).write_parquet(data)
    return data.getvalue()


WRITERS = {
    "csv": _csv,
    "jsonl": lambda rows: "".join(f"{json.dumps(row)}\n" for row in rows).encode(),
    "parquet": _parquet,
}
ROW = st.tuples(st.sampled_from(CLASSES), st.floats(0, 1))


@pytest.mark.slow
@given(st.lists(ROW, min_size=1, max_size=20))
def test_every_kind_of_file_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, float]]
) -> None:
    folder = tmp_path_factory.mktemp("kinds")
    rows = [{"url": f"http://a/{n}", "class": name, "confidence": sure} for n, (name, sure) in enumerate(said)]
    found = []
    for kind, write in WRITERS.items():
        path = folder / f"p.{kind}"
        path.write_bytes(write(rows))
        found.append(prediction_table.read("shop", of(path), CLASSES))
    assert all(one.pictures == [row["url"] for row in rows] for one in found)
    assert all(one.probabilities.tolist() == found[0].probabilities.tolist() for one in found)
    assert [CLASSES[place] for place in found[0].probabilities.argmax(axis=1)] == [name for name, _ in said]
