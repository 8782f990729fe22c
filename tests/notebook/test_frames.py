"""Frames of a campaign: their columns, what is withheld from them, and what is said where a file is missing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import silverprint
from silverprint import layout
from silverprint.errors import ConfigError, SilverprintError, UnavailableError, UsageError
from silverprint.notebook import Campaign
from silverprint.notebook.frames import QUEUES, ROUNDS
from silverprint.records import ANNOTATOR_LEDGER, ANNOTATORS, LABELS, MANIFEST, VOTES
from silverprint.store import tables

FRAMES: dict[str, tuple[Callable[[Campaign], pl.DataFrame], dict[str, pl.DataType]]] = {
    "images": (Campaign.images, MANIFEST),
    "labels": (Campaign.labels, LABELS),
    "votes": (Campaign.votes, VOTES),
    "annotators": (Campaign.annotators, ANNOTATORS),
    "rounds": (Campaign.rounds, ROUNDS),
    "queue": (Campaign.queue, QUEUES),
}


def withdraw(folder: Path, image_id: str) -> None:
    """By the ledger alone, as a takedown is before any stage runs."""
    line = f"{image_id},image,{image_id},asked,2026-01-01T00:00:00+00:00\n"
    (folder / layout.TAKEDOWNS).write_text("image_id,kind,target,why,at\n" + line)


def name_as_evidence(folder: Path, image_id: str) -> None:
    """Every near-duplicate is one of `image_id`."""
    manifest = tables.read(folder / layout.MANIFEST, MANIFEST)
    copies = pl.col("reason").eq_missing("near-duplicate")
    evidence = pl.when(copies).then(pl.lit(image_id)).otherwise("evidence").alias("evidence")
    tables.write(manifest.with_columns(evidence), folder / layout.MANIFEST, MANIFEST)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_has_rows_and_the_columns_of_its_schema(campaign: Campaign, name: str) -> None:
    read, schema = FRAMES[name]
    found = read(campaign)
    assert dict(found.schema) == schema
    assert not found.is_empty()


def test_a_withdrawn_image_is_in_no_frame_from_then_on(campaign: Campaign, folder: Path) -> None:
    image_id = str(campaign.queue("r01").filter(role="train")["image_id"][0])
    name_as_evidence(folder, image_id)
    before = {name: read(campaign).write_csv() for name, (read, _) in FRAMES.items()}
    assert {name for name, text in before.items() if image_id in text} == {"images", "labels", "votes", "queue"}
    copies = campaign.images().filter(evidence=image_id)["image_id"]
    assert len(copies) > 1
    withdraw(folder, image_id)
    for read, _ in FRAMES.values():
        assert image_id not in read(campaign).write_csv()
    assert campaign.images().filter(pl.col("image_id").is_in(copies.implode())).height == len(copies)


def test_what_clean_withdrew_is_in_no_frame_either(campaign: Campaign, folder: Path) -> None:
    image_id = str(campaign.labels()["image_id"][0])
    (folder / layout.WITHDRAWN).write_text(f"image_id,target,how\n{image_id},other,same-pixels\n")
    assert all(image_id not in read(campaign).write_csv() for read, _ in FRAMES.values())
    assert "withdrawn" not in set(campaign.images()["reason"])


def test_rounds_are_in_their_order_with_what_their_models_reached(campaign: Campaign) -> None:
    found = campaign.rounds()
    assert found["round"].to_list()[:3] == ["r01", "r02", "r03"] == list(campaign.rounds_opened)
    assert found["state"].to_list()[:3] == ["closed"] * 3
    assert (found["accuracy_low"] < found["accuracy"]).all()
    assert found["votes"].sum() == campaign.votes().height


def test_a_round_s_own_rows(campaign: Campaign) -> None:
    assert set(campaign.votes("r02")["round"]) == set(campaign.queue("r02")["round"]) == {"r02"}
    assert campaign.labels("r01").height < campaign.labels("r02").height < campaign.labels().height
    assert campaign.queue("r02")["rank"].is_sorted()


def test_votes_of_somebody_retired_say_so(campaign: Campaign, folder: Path) -> None:
    who = str(campaign.votes()["annotator"][0])
    assert "retired" not in set(campaign.votes()["status"])
    line = pl.DataFrame([{"annotator": who, "state": "retired", "since": "2026-01-01T00:00:00+00:00", "why": "left"}])
    tables.write_ledger(line, folder / layout.ANNOTATORS, ANNOTATOR_LEDGER, ["since"])
    marked = campaign.votes().filter(status="retired")
    assert set(marked["annotator"]) == {who}


def test_a_campaign_is_found_from_below_and_else_not(folder: Path, tmp_path: Path) -> None:
    assert silverprint.open(folder / "data" / "rounds").folder == folder
    assert "rounds: r01, r02, r03" in repr(silverprint.open(str(folder)))
    with pytest.raises(ConfigError, match="name a campaign's folder"):
        silverprint.open(tmp_path)


@pytest.mark.parametrize("call", [Campaign.labels, Campaign.votes, Campaign.queue, Campaign.model])
def test_a_round_that_is_none_is_named(campaign: Campaign, call: Callable[[Campaign, str], object]) -> None:
    with pytest.raises(UsageError, match="no such round; opened: r01, r02, r03"):
        call(campaign, "r99")


@pytest.mark.parametrize(
    ("lost", "call", "remedy"),
    [
        (layout.CLEAN, Campaign.images, "dvc pull data/clean, or silverprint repro"),
        (layout.CLEAN, lambda one: one.picture("0" * 64), "dvc pull data/clean, or silverprint repro"),
        (layout.ROUNDS / "r01/labels", lambda one: one.labels("r01"), "silverprint status"),
        (layout.ROUNDS / "r03/queue.csv", lambda one: one.queue("r03"), "run: silverprint repro"),
        (layout.EMBED, lambda one: one.features([]), "dvc pull .*embed"),
        (layout.ROUNDS / "r03/model/head.pt", Campaign.model, "dvc pull data/rounds/r03/model"),
        (layout.ROUNDS / "r02/model/evaluation.parquet", Campaign.champion, "dvc pull data/rounds/r02/model"),
    ],
)
def test_a_missing_output_is_a_line_with_its_remedy(
    campaign: Campaign, folder: Path, lost: Path, call: Callable[[Campaign], object], remedy: str
) -> None:
    path = folder / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UnavailableError, match=remedy) as caught:
        call(campaign)
    assert "\n" not in str(caught.value)


def test_newer_labels_that_were_not_pulled_are_not_passed_over(campaign: Campaign, folder: Path) -> None:
    out = layout.labels("r03")
    shutil.rmtree(folder / out)
    assert campaign.labels().height == campaign.labels("r02").height
    lock = (
        f"schema: '2.0'\nstages:\n  labels@r03:\n    cmd: x\n    outs:\n    - path: {out}\n      md5: {'0' * 32}.dir\n"
    )
    (folder / layout.LOCK).write_text(lock)
    with pytest.raises(UnavailableError, match=f"dvc pull {out}"):
        campaign.labels()


def test_a_broken_table_is_one_line(campaign: Campaign, folder: Path) -> None:
    (folder / layout.MANIFEST).write_bytes(b"PAR1")
    with pytest.raises(SilverprintError, match="not a readable table"):
        campaign.images()
