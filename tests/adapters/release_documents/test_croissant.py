"""croissant.json by its shape, and as mlcroissant validates and loads it."""

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from silverprint.adapters.exporters import parquet
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.release_documents import croissant
from silverprint.adapters.release_documents.croissant import usage
from silverprint.core.reporting.release_facts import ReleaseFacts
from tests.helpers import needs
from tests.helpers.exports import REMEDY
from tests.helpers.release_facts import CLASSES, STRANGE, facts, write_release

ANSWERS = {"creator": "ACME", "url": "https://data.example/fashion", "citation": "ACME 2026"}


def document(told: ReleaseFacts, files: list[croissant.ParquetFile] | None = None, **answers: str) -> dict[str, Any]:
    found = croissant.document(told, files or [], COLUMNS, answers)
    return dict(json.loads(json.dumps(found)))


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a JSON document."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(part)


def values(activity: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry["value"] for entry in activity["additionalProperty"]}


def test_what_the_specification_requires_is_there() -> None:
    found = document(facts(), **ANSWERS)
    required = ("@context", "@type", "conformsTo", "description", "license", "name", "url", "creator", "datePublished")
    assert not [name for name in required if not found.get(name)]
    assert "http://mlcommons.org/croissant/1.1" in found["conformsTo"]
    assert (found["version"], found["citeAs"]) == ("2.0.0", "ACME 2026")
    assert found["creator"]["name"] == "ACME"
    assert document(facts()).keys() == found.keys() - {"url", "creator"}  # never invented


def test_every_prefix_is_declared_and_every_reference_leads_somewhere() -> None:
    found = document(facts(), **ANSWERS)
    body = {name: value for name, value in found.items() if name != "@context"}
    used = {key.partition(":")[0] for node in nodes(body) for key in node if ":" in key and "/" not in key}
    kinds = {str(kind) for node in nodes(body) for kind in [node.get("dataType", [])] if isinstance(kind, str)}
    assert used | {kind.partition(":")[0] for kind in kinds} <= found["@context"].keys() | {"said of training"}
    made = {node["@id"] for node in nodes(body) if "@id" in node and len(node) > 1}
    pointed = {node["@id"] for node in nodes(body) if node.keys() == {"@id"}}
    assert {name for name in pointed if ":" not in name} <= made


def test_a_crawl_tells_its_agent_its_time_and_what_robots_decided() -> None:
    crawl = document(facts())["prov:wasGeneratedBy"][0]
    assert crawl["@id"] == "activities/acquire/web"
    assert (crawl["prov:startedAtTime"], crawl["prov:endedAtTime"]) == ("2026-01-10T00:00:00Z", "2026-01-23T00:00:00Z")
    assert crawl["prov:wasAssociatedWith"]["prov:label"] == "silverprint/0.1 (the default: no contact was given)"
    told = values(crawl)
    assert (told["refused: robots"], told["refused: reserved"], told["refused"]) == (3, 4, 7)
    assert told["released, robots.txt: allowed"] == told["released"] == told["stored"] == 12
    assert told["said of training: tdmrep:1@header"] == 4


def test_annotators_are_pseudonymous_agents_with_the_question_they_answered() -> None:
    found = document(facts())
    answered = next(one for one in found["prov:wasGeneratedBy"] if one["@id"] == "activities/annotate/r01")
    assert answered["prov:used"]["text"] == "Which garment is this?"
    assert [agent["prov:label"] for agent in answered["prov:wasAssociatedWith"]] == ["s-1", "s-2"]
    people = next(one for one in found["recordSet"] if one["@id"] == "annotators")["data"]
    assert [one["annotators/id"] for one in people] == ["s-1", "s-2"]
    assert {one["annotators/question"] for one in people} == {"Which garment is this?"}
    assert {one["annotators/answers"] for one in people} == {12}
    made = {node["@id"] for node in nodes(found["prov:wasGeneratedBy"]) if "@id" in node}
    assert {one["annotators/agent"] for one in people} <= made


def test_nobody_and_no_model_is_named_that_did_nothing() -> None:
    text = json.dumps(document(facts(silver=False, people=False)))
    assert "annotators/id" not in text
    assert "activities/annotate" not in text
    assert "activities/automatic-labels" not in text
    assert "rai:machineAnnotationTools" not in text


@pytest.mark.parametrize(
    ("name", "required", "prohibited"),
    [
        ("CC0-1.0", [], False),
        ("CC-BY-4.0", ["Notice", "Attribution"], False),
        ("CC-BY-NC-SA-3.0", ["Notice", "Attribution", "ShareAlike"], True),
        ("CC-BY-ND-3.0-DE", ["Notice", "Attribution"], False),
    ],
)
def test_a_licence_of_creative_commons_has_its_rules(name: str, required: list[str], prohibited: bool) -> None:
    found = usage.offer(name, 3)
    permission = found["odrl:permission"]
    assert [duty["odrl:action"]["@id"] for duty in permission.get("odrl:duty", [])] == [f"cc:{one}" for one in required]
    assert ("odrl:prohibition" in found) == prohibited
    assert ({"@id": "cc:DerivativeWorks"} in permission["odrl:action"]) == ("-ND" not in name)


@pytest.mark.parametrize("name", ["MIT", STRANGE, None, "https://example.org/terms", "CC-BY-4.0 OR MIT"])
def test_of_other_licences_no_rule_is_made_up(name: str | None) -> None:
    assert not [key for key in usage.offer(name, 3) if key.startswith("odrl:")]


def test_every_column_is_a_field_that_says_what_it_is() -> None:
    images = next(one for one in document(facts())["recordSet"] if one["@id"] == "images")
    columns = [field["source"]["extract"].get("column") for field in images["field"]]
    assert sorted(filter(None, columns)) == sorted(parquet.schema(CLASSES).names)
    assert all(field["description"] for field in images["field"])


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With several files for each split."""
    monkeypatch.setattr(parquet, "GROUP", 2)
    monkeypatch.setattr(parquet, "FILE", 1)
    write_release(tmp_path, ANSWERS)
    return tmp_path


@pytest.mark.slow
def test_mlcroissant_finds_nothing_wrong_and_loads_every_record(
    release: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs.module("mlcroissant", REMEDY)
    import mlcroissant
    from absl import logging as absl_logging

    monkeypatch.setattr(absl_logging.get_absl_logger(), "propagate", True)
    with caplog.at_level(logging.WARNING):
        loaded = mlcroissant.Dataset(str(release / "croissant.json"))
        issues = loaded.metadata.ctx.issues
        assert (issues.errors, issues.warnings) == (set(), set())
        assert loaded.metadata.ctx.is_v1_1()
        sets = {one.id: list(loaded.records(one.id)) for one in loaded.metadata.record_sets}
    assert not caplog.records
    assert [row["classes/name"] for row in sets["classes"]] == list(CLASSES)
    table = pl.concat([pl.from_arrow(pq.read_table(path)) for path in sorted((release / "parquet").iterdir())])
    assert len(sets["images"]) == table.height == 14
    assert Counter(row["images/split"] for row in sets["images"]) == {b"test": 3, b"train": 9, b"silver": 2}
    records = {row["images/image_id"].decode(): row for row in sets["images"]}
    for row in table.to_dicts():
        record = records[row["image_id"]]
        assert record["images/label"] == row["label"]
        assert record["images/votes"] == (row["votes"] and row["votes"].encode())
        assert record["images/image"].tobytes() == Image.open(io.BytesIO(row["image"]["bytes"])).tobytes()
    assert {row["annotators/id"] for row in sets["annotators"]} == {"s-1", "s-2"}
