"""Datasheet and summary of training content: what is counted, what a person must say, and how both are shown."""

import json
import re
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.release_documents import datasheet, training_summary
from silverprint.adapters.release_documents.croissant import provenance, responsible_ai, usage
from silverprint.adapters.release_documents.sheet import MARK, Item, Section, Sheet, table
from silverprint.core.reporting import release_facts
from tests.helpers.release_facts import facts
from tests.helpers.release_facts import raw as made_raw

SHEETS = {"datasheet": datasheet.sheet, "training-summary": training_summary.sheet}


def item(sheet: Sheet, key: str) -> Item:
    return next(one for one in sheet.items if one.key == key)


@pytest.fixture(params=SHEETS)
def sheet(request: pytest.FixtureRequest) -> Sheet:
    return SHEETS[request.param](facts())


def test_a_key_is_of_one_question_in_all_documents() -> None:
    keys = [one.key for build in SHEETS.values() for one in build(facts()).items]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z-]+", key) for key in keys)


@pytest.mark.parametrize("silver", [True, False])
@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("name", SHEETS)
def test_every_question_is_answered_or_left_to_a_person(name: str, silver: bool, people: bool) -> None:
    made = SHEETS[name](facts(silver=silver, people=people))
    assert not [one.key for one in made.items if not one.tables and not one.open]
    text = made.to_markdown()
    assert "None" not in text
    assert not re.search(r"\bnan\b", text)
    assert text.count(f"> {MARK} (`") == sum(one.missing for one in made.items)


def test_a_persons_answer_takes_the_mark_away_and_stands_beside_the_counts(sheet: Sheet) -> None:
    answers = {one.key: f"said of {one.key}" for one in sheet.items} | {"of-another-sheet": "x"}
    said = sheet.answered(answers)
    text = said.to_markdown()
    assert MARK not in text
    assert said.to_json()["to_be_filled_in"] == []
    for one in said.items:
        assert f"said of {one.key}" in text
        assert not one.tables or one.tables.splitlines()[0].replace("<", "&lt;") in text


def test_json_and_markdown_say_the_same(sheet: Sheet) -> None:
    found: dict[str, Any] = json.loads(json.dumps(sheet.to_json(), allow_nan=False))
    text = sheet.to_markdown()
    for section in found["sections"]:
        assert f"# {section['title']}\n" in text
        for one in section["items"]:
            assert f"**{one['question']}**" in text
            assert (
                (f"> {MARK} (`{one['key']}`)" in text)
                == one["to_be_filled_in"]
                == (one["key"] in found["to_be_filled_in"])
            )


def test_strangers_words_become_no_tag_and_break_no_table(sheet: Sheet) -> None:
    text = sheet.to_markdown()
    assert "<script" not in text
    widths = {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| see")}
    assert widths <= {3}


def test_the_datasheet_counts_what_is_released() -> None:
    made = datasheet.sheet(facts())
    assert item(made, "counts").figures["splits"] == {"test": 3, "train": 9, "silver": 2}
    counted = item(made, "counts").figures["classes"]
    assert sum(sum(row.values()) for row in counted.values()) == 14
    assert sum(item(made, "licenses").figures["licenses"].values()) == 14
    assert item(made, "licenses").figures["licenses"]["unknown"] == 2
    assert [row["released"] for row in item(made, "acquisition").figures if row["released"]] == [12, 2]
    assert "in 1 of 14 pictures (face 1, plate 1)" in str(item(made, "persons").tables)
    assert "added 3, removed 1" in str(item(made, "erratum").tables)


def test_the_summary_counts_what_is_trained_on() -> None:
    made = training_summary.sheet(facts())
    assert "Counted are 11 pictures of train, imported and silver; 3 of test" in made.about
    assert item(made, "modalities").figures["images"] == 11
    assert item(made, "latest").tables == "01/2026 (a picture fetched 2026-01-23T00:00:00Z)."
    assert item(made, "crawl-period").tables == "01/2026 to 01/2026"
    assert item(made, "crawled-content").tables.startswith("9 pictures for training, of hosts: 3.")  # type: ignore[union-attr]
    assert "partner (drop): 2 pictures" in str(item(made, "public-datasets").tables)
    assert sum(item(made, "licensed-datasets").figures["partner"].values()) == 2, "of 2 for training, as others count"
    assert "For training: 9." in str(item(made, "crawled-content").tables)
    assert item(made, "reservation-measures").figures["web"]["robots"] == {"allowed": 9}
    assert "for 0 of 11 pictures" in str(item(made, "processing").tables)
    assert item(made, "reservation-measures").figures["web"]["refusals"] == {"reserved": 4, "robots": 3}


def test_no_document_of_training_content_counts_test() -> None:
    """Whatever the pictures of test are, it stays as it is but for their number."""
    told = facts()
    others = told.rows.with_columns(
        pl.when(split="test").then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in (("contract", "c"), ("consent", "s"), ("robots", "none"), ("personal", "face:0.9"))
    )
    raw = made_raw(others)
    changed = replace(told, rows=others, sources=release_facts.sources(told.params, raw, others))
    assert training_summary.sheet(changed) == training_summary.sheet(told)


def test_pictures_that_earlier_models_may_have_learnt_from_are_counted() -> None:
    told = facts()
    assert told.drawn_later == 0
    rows = told.rows.with_columns(
        role=pl.when(split="test").then(pl.lit("audit")).otherwise("role"),
        round=pl.lit("r02"),
    )
    found = replace(told, rows=rows)
    assert found.drawn_later == 3
    said = "3 of test were drawn after r01. No model of the round that drew a picture (round), or of a later one"
    for key in ("errors", "composition-impact"):
        assert said in str(item(datasheet.sheet(found), key).tables)
        assert said not in str(item(datasheet.sheet(told), key).tables)
    assert said in str(responsible_ai.fields(found)["rai:dataLimitations"])


def test_one_picture_is_no_pictures() -> None:
    told = facts()
    rows = told.rows.unique("split", maintain_order=True)
    sources = release_facts.sources(told.params, made_raw(rows), rows)
    found = replace(told, rows=rows.filter(split="train"), sources=sources, withdrawn=1)
    for made in SHEETS.values():
        assert re.search(r"\b1 picture\b", made(found).to_markdown())
        assert not re.search(r"\b1 pictures", made(found).to_markdown())
    assert usage.offer("MIT", 1)["name"] == "1 picture under MIT"


def test_the_agent_of_a_crawl_that_names_nobody_is_told_as_that() -> None:
    told = facts()
    for text in (
        datasheet.sheet(told).to_markdown(),
        training_summary.sheet(told).to_markdown(),
        str(provenance.activities(told)),
    ):
        assert "silverprint/0.1 (the default: no contact was given)" in text
        assert "your contact" not in text
    (web,) = (source for source in told.sources if source.name == "web")
    own = replace(web, settings=replace(web.settings, user_agent="ours/1 (me@x.example)"))
    assert "ours/1 (me@x.example)." in datasheet.sheet(replace(told, sources=[own])).to_markdown()


@pytest.mark.parametrize(("hosts", "shown"), [(1, 1), (10, 1), (11, 2), (101, 11)])
def test_a_tenth_of_the_hosts_is_listed_the_largest_first(hosts: int, shown: int) -> None:
    domains = pl.DataFrame(
        {"domain": [f"{n}.example" for n in range(hosts)], "pictures": [1] * hosts, "bytes": range(hosts, 0, -1)}
    )
    made = training_summary.sheet(replace(facts(), domains=domains))
    found = item(made, "domains")
    assert found.figures["top"] == domains.head(shown).to_dicts()
    assert f"{shown} of {hosts}, counted by host" in str(found.tables)


cells = st.none() | st.integers() | st.text(max_size=20)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_a_table_has_a_line_a_row_and_as_many_cells_as_heads(rows: list[tuple[object, object]]) -> None:
    lines = table(["a", "b"], rows).split("\n")
    assert len(lines) == len(rows) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}


def test_what_a_person_wrote_is_markdown_of_theirs() -> None:
    made = Sheet("t", "a", (Section("s", (Item("k", "q?", "x < y", open=True),)),)).answered({"k": "see <b>this</b>"})
    assert "x &lt; y\n\nsee <b>this</b>" in made.to_markdown()
