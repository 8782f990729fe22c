"""Pictures picked by hand: what a round can ask about, and lines that are written once."""

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers, picks, pool_table
from silverprint.core.cleaning.rules import BINDING
from silverprint.records import EXCLUDE, GOLD, MANIFEST, QUEUE, conform
from silverprint.store import tables
from tests.helpers import round_campaign as campaign

ID = campaign.image_id


@pytest.fixture
def params(project):
    """Eight kept pictures in four groups, and two rejected ones."""
    params = campaign.small(config.load())
    campaign.write_pool(8, groups=4, rejected=2)
    return params


def ask(name, *numbers):
    rows = [{"image_id": ID(n), "rank": 1, "role": "train", "overlap": 1, "tier": "crowd"} for n in numbers]
    tables.write_ledger(conform(pl.DataFrame(rows), QUEUE), layout.queue(name), QUEUE, ["rank"])


def test_what_a_round_cannot_ask_about_is_told(params) -> None:
    ask("r01", 0)
    tables.write_ledger(picks.exclude_lines([ID(1)], "dark", "ada"), layout.EXCLUDE, EXCLUDE, ["image_id"])
    gold = pl.DataFrame({"image_id": [ID(2)], "label": ["coat"], "why": ["sure"]})
    tables.write_ledger(conform(gold, GOLD), layout.GOLD, GOLD, ["image_id"])
    barred = picks.barred(params, "r02", [ID(n) for n in (0, 1, 2, 3, 4, 7, 8)])
    assert barred == {
        ID(0): "people were asked about them already",
        ID(1): "data/exclude.csv has them",
        ID(2): "data/gold.csv has them",
        ID(4): "a near-duplicate of each was asked about, is excluded or is gold",
        ID(8): "cleaning rejected them",
    }
    assert picks.barred(params, "r01", [ID(0)]) == {}  # in this round's own draft


def test_a_round_that_people_saw_takes_no_more(params) -> None:
    assert picks.rounds_to_come(params) == ("r01", "r02", "r03")
    ask("r01", 0)
    campaign.open_round(params, "r01")
    assert picks.rounds_to_come(params) == ("r02", "r03")


def test_a_line_is_written_once_and_the_others_stay(params) -> None:
    first = picks.include_lines(params, "r02", [ID(3), ID(1)], "odd", "ada")
    picks.include(params, first)
    again = picks.include_lines(params, "r02", [ID(1), ID(5), ID(5)], "other", "bo")
    assert again["image_id"].to_list() == [ID(5)]
    assert picks.include_lines(params, "r03", [ID(1)], "other", "bo").height == 1
    picks.include(params, again)
    lines = ledgers.included_images(params.round_names)
    assert set(lines.select("image_id", "why", "by").iter_rows()) == {
        (ID(3), "odd", "ada"), (ID(1), "odd", "ada"), (ID(5), "other", "bo"),
    }  # fmt: skip
    assert picks.include_lines(params, "r02", [], "odd", "ada").is_empty()
    assert picks.exclude_lines([], "odd", "ada").is_empty()
    picks.exclude(picks.exclude_lines([ID(1)], "dark", "ada"))
    picks.exclude(picks.exclude_lines([ID(1), ID(2)], "blurred", "bo"))
    assert set(ledgers.excluded_images().iter_rows()) == {(ID(1), "dark", "ada"), (ID(2), "blurred", "bo")}


def test_the_pool_has_neither_what_is_withdrawn_nor_what_no_licence_allows(params) -> None:
    rows = tables.read(layout.MANIFEST, MANIFEST).with_columns(width=pl.lit(9))
    reasons = dict(zip((ID(n) for n in range(len(BINDING))), sorted(BINDING), strict=True))
    reason = pl.col("image_id").replace_strict(reasons, default=None, return_dtype=pl.String)
    undecoded = pl.when(pl.col("image_id") != ID(7)).then("width")
    tables.write(rows.with_columns(reason=reason, width=undecoded), layout.MANIFEST, MANIFEST)
    there = set(pool_table.read(params)["image_id"])
    assert there == {ID(n) for n in range(10) if n >= len(BINDING)} - {ID(7)}
    campaign.withdraw(ID(8))
    assert set(pool_table.read(params)["image_id"]) == there - {ID(8)}


def test_the_pool_says_who_was_asked_first_and_what_was_predicted_last(params) -> None:
    tables.write(tables.read(layout.MANIFEST, MANIFEST).with_columns(width=pl.lit(9)), layout.MANIFEST, MANIFEST)
    ask("r02", 1)
    ask("r01", 0, 1)
    campaign.write_scores(params, "r01", model=False)
    campaign.write_scores(params, "r02", model=True)
    rows = {row["image_id"]: row for row in pool_table.read(params).to_dicts()}
    assert (rows[ID(0)]["round"], rows[ID(1)]["round"], rows[ID(2)]["round"]) == ("r01", "r01", None)
    assert rows[ID(2)]["predicted"] in params.dataset.classes
    assert pool_table.scored_round(params) == "r02"
