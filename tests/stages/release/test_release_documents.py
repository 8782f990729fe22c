"""Documents of a release, as the stage writes them."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.config import Params
from silverprint.core.reporting import summary
from silverprint.errors import ConfigError
from silverprint.records import LABELS, VOTES
from silverprint.stages import release
from silverprint.store import tables
from tests.helpers.release_campaign import split

DOCUMENTS = ("croissant.json", "datasheet.json", "datasheet.md", "training-summary.json", "training-summary.md")


def answering(params: Params, **answers: str) -> Params:
    return replace(params, release=replace(params.release, answers=answers))


def contents() -> dict[str, bytes]:
    return {name: (layout.RELEASE / name).read_bytes() for name in DOCUMENTS}


@pytest.mark.slow
def test_they_are_written_twice_alike_and_say_what_is_missing(
    params: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    release.run(params)
    told = capsys.readouterr().err
    missing = json.loads((layout.RELEASE / "datasheet.json").read_text())["to_be_filled_in"]
    assert f"datasheet.md: {len(missing)} answers are a person's" in told
    first = contents()
    release.run(params)
    assert contents() == first


@pytest.mark.slow
def test_answers_on_gold_pictures_are_in_no_round(params: Params) -> None:
    """As in the round's own figures (labels@r) and the report: one alpha for one round."""
    path = layout.labels("r03") / "labels.parquet"
    labels = tables.read(path, LABELS)
    chosen = labels.filter(pl.col("round") == "r02", pl.col("role") == "train")["image_id"].head(20)
    is_gold = pl.col("image_id").is_in(chosen.implode())
    gold = pl.when(is_gold).then(pl.lit("gold"))
    tables.write(labels.with_columns(source=gold.otherwise("source"), role=gold.otherwise("role")), path, LABELS)
    release.run(params)
    votes = tables.read(layout.labels("r03") / "votes.parquet", VOTES).filter(~is_gold)
    wanted = summary.rounds(votes, params.chain, params.dataset.classes)
    sheet = json.loads((layout.RELEASE / "datasheet.json").read_text())
    items = {one["key"]: one for section in sheet["sections"] for one in section["items"]}
    found = items["cleaning"]["figures"]["rounds"]
    assert [{name: row[name] for name in wanted[0]} for row in found] == wanted
    r02 = wanted[1]
    card = (layout.RELEASE / "README.md").read_text()
    assert f"| r02 | {r02['pictures']} | {r02['votes']} | {r02['abstained']} |" in card


@pytest.mark.slow
def test_what_a_person_answers_is_in_them(params: Params) -> None:
    release.run(answering(params, creator="ACME", url="https://data.example/x", provider="ACME, a@acme.example"))
    document = json.loads((layout.RELEASE / "croissant.json").read_text())
    assert (document["creator"]["name"], document["url"]) == ("ACME", "https://data.example/x")
    assert "ACME, a@acme.example" in (layout.RELEASE / "training-summary.md").read_text()


@pytest.mark.slow
def test_an_answer_that_nothing_asks_stops_the_release(released: Params) -> None:
    before = contents()
    with pytest.raises(ConfigError, match=r"release\.answers\.creater: no document asks that; use some of: purpose"):
        release.run(answering(released, creater="ACME"))
    assert contents() == before


def test_the_address_is_one(params: Params) -> None:
    text = layout.PARAMS.read_text()
    layout.PARAMS.write_text(text.replace("\nrelease:\n", "\nrelease:\n  answers: {url: data.example}\n"))
    with pytest.raises(ConfigError, match=r"release\.answers\.url = 'data\.example': croissant\.json has one address"):
        config.load()


def test_files_are_those_that_it_names(released: Params) -> None:
    document = json.loads((layout.RELEASE / "croissant.json").read_text())
    files = [one for one in document["distribution"] if one["@type"] == "cr:FileObject"]
    assert [one["contentUrl"] for one in files] == sorted(
        path.relative_to(layout.RELEASE).as_posix() for path in Path(layout.RELEASE / "parquet").iterdir()
    )
    for one in files:
        data = (layout.RELEASE / one["contentUrl"]).read_bytes()
        assert (one["contentSize"], one["sha256"]) == (f"{len(data)} B", hashlib.sha256(data).hexdigest())


def test_counts_are_those_of_the_tables(released: Params) -> None:
    sheet = json.loads((layout.RELEASE / "datasheet.json").read_text())
    items = {one["key"]: one for section in sheet["sections"] for one in section["items"]}
    for name, count in items["counts"]["figures"]["splits"].items():
        assert split(name).height == count
    web = items["acquisition"]["figures"][0]
    assert (web["refusals"], web["refused"]) == ({"robots": 7}, 7)
    assert web["robots"] == {"allowed": web["released"]}
