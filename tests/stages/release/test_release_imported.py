"""Labels that sources brought, in the release as far as they keep the promise."""

import json
from dataclasses import replace

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import brought_labels, ledgers
from silverprint.config import Params
from silverprint.records import BELIEVED, BROUGHT, LABELS, MANIFEST, conform
from silverprint.stages import release
from silverprint.store import tables
from tests.helpers.release_campaign import split

pytestmark = pytest.mark.slow

SOURCE = "import:web"


@pytest.fixture
def brought(params: Params) -> pl.DataFrame:
    """What a source says of every picture: right of those that people judged, and surely so but of every fourth."""
    labels = tables.read(layout.labels("r03") / "labels.parquet", LABELS)
    people = dict(labels.select("image_id", "label").iter_rows())
    names = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].sort()
    rows = [
        {
            "image_id": name,
            "annotator": SOURCE,
            "choice": "bag" if number % 4 == 0 or people.get(name) not in params.dataset.classes else people[name],
            "right": 0.2 if number % 4 == 0 else 0.99,
            "people": people.get(name),
        }
        for number, name in enumerate(names)
    ]
    table = pl.DataFrame(rows, infer_schema_length=None)
    tables.write(conform(table, BROUGHT), layout.labels("r03") / brought_labels.NAME, BROUGHT)
    judged = labels.filter(pl.col("role") == "evaluation")["image_id"]
    seen = table.filter(~pl.col("image_id").is_in(list(people)) | pl.col("image_id").is_in(judged.implode()))
    tables.write(conform(seen, BELIEVED), layout.model("r03") / brought_labels.NAME, BELIEVED)
    return table


def there() -> bool:
    return bool(list((layout.RELEASE / "parquet").glob("imported-*")))


def test_sure_labels_of_pictures_that_nobody_was_asked_about_are_a_split(params: Params, brought: pl.DataFrame) -> None:
    release.run(params)
    asked = tables.read(layout.labels("r03") / "labels.parquet", LABELS)["image_id"]
    rows = split("imported")
    assert rows.height
    assert not set(rows["image_id"]) & set(asked)
    assert not set(rows["image_id"]) & set(brought.filter(pl.col("right") < 0.5)["image_id"])
    assert rows["label_source"].unique().to_list() == ["imported"]
    assert rows["annotators"].unique().to_list() == [SOURCE]
    assert set(rows["image_id"]).isdisjoint(split("test")["image_id"])
    figures = json.loads(layout.QUALITIES.read_text())["imported"]
    assert figures["released"] == rows.height
    assert figures["low"] <= figures["precision"] <= figures["high"]
    card = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    assert f"In `imported` are the {rows.height} of them" in card
    line = ledgers.read(layout.RELEASES).row(-1, named=True)
    assert line["imported"] == rows.height == line["pictures"] - line["train"] - line["test"] - line["silver"]


def test_a_picture_is_in_one_split_and_the_model_is_tested_on_the_rest(params: Params, brought: pl.DataFrame) -> None:
    release.run(replace(params, release=replace(params.release, imported=False)))
    assert not there()
    before = json.loads(layout.QUALITIES.read_text())
    assert "imported" not in before
    release.run(params)
    after = json.loads(layout.QUALITIES.read_text())
    assert after["automatic"]["pool"] == before["automatic"]["pool"] - after["imported"]["released"]
    assert after["automatic"]["audited"] == before["automatic"]["audited"] - after["imported"]["above"]


def test_where_people_call_them_wrong_none_is_there(
    params: Params, brought: pl.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layout.labels("r03") / "labels.parquet"
    labels = tables.read(path, LABELS).with_columns(
        label=pl.when(pl.col("role") == "evaluation").then(pl.lit("sandal")).otherwise("label")
    )
    tables.write(labels, path, LABELS)
    release.run(params)
    assert not there()
    assert "no imported labels: " in capsys.readouterr().err
    assert "None of these labels is here" in (layout.RELEASE / "README.md").read_text(encoding="utf-8")


def test_a_statement_that_changed_since_the_model_is_not_released(params: Params, brought: pl.DataFrame) -> None:
    path = layout.labels("r03") / brought_labels.NAME
    tables.write(tables.read(path, BROUGHT).with_columns(choice=pl.lit("dress")), path, BROUGHT)
    release.run(params)
    assert not there() or set(split("imported")["label"]) == {params.dataset.classes.index("dress")}
