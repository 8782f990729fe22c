"""What was given becomes rows of the source, once, and then leaves the inbox."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from silverprint import cli, config, layout, taken_back
from silverprint.adapters.contribute import agreement, inbox, inbox_files
from silverprint.campaign import ledgers
from silverprint.commands import contributors, takedown
from silverprint.errors import DiskError
from silverprint.records import MEASURED, RAW, TAKEDOWNS
from silverprint.stages import acquire, measure
from silverprint.store import ShardReader, ShardWriter, tables
from tests.helpers.album import jpeg, tile
from tests.helpers.crowd import add_crowd, running

PICTURES = [jpeg(tile(number)) for number in range(3)]
IDS = {hashlib.sha256(data).hexdigest() for data in PICTURES}


@pytest.fixture(autouse=True)
def only_the_crowd(project: Path) -> None:
    add_crowd({"label": "bird"})
    for name in ("web", "partner", "own", "list"):
        layout.raw(name).mkdir(parents=True)


def give(*pictures: bytes) -> str:
    """Somebody gives pictures; their pseudonym."""
    with running() as crowd:
        person = crowd.person().agree()
        for data in pictures:
            assert person.give(data)["state"] == "taken"
    return list(inbox.read_standing("crowd").contributors)[-1]


def rows() -> pl.DataFrame:
    return tables.read_parts(layout.raw("crowd"), RAW)


@pytest.mark.slow
def test_rows_say_all_that_is_known_and_nobodys_name() -> None:
    pseudonym = give(*PICTURES)
    acquire.run(config.load(), "crowd")
    found = rows()
    assert set(found["image_id"]) == IDS
    assert found["outcome"].to_list() == ["stored"] * 3
    assert found["license"].unique().to_list() == ["CC-BY-4.0"]
    assert found["license_evidence"].unique().to_list() == ["contributor"]
    assert found["source_label"].unique().to_list() == ["bird"]
    assert found["page_url"].unique().to_list() == [f"contributor:{pseudonym}"]
    assert set(found["url"]) == {f"crowd!birds/{pseudonym}/{image_id}" for image_id in IDS}
    person = inbox.read_standing("crowd").contributors[pseudonym]
    for fact in (person.agreement, person.at, person.invite, person.device):
        assert fact in found["consent"][0]
    text = (layout.raw("crowd") / "agreements" / f"{person.agreement}.txt").read_text()
    assert agreement.digest(text) == person.agreement
    assert {image_id for image_id, _ in ShardReader(layout.raw("crowd")).scan()} == IDS
    assert inbox.waiting("crowd") == []


def test_what_comes_later_is_appended_and_nothing_twice() -> None:
    give(PICTURES[0])
    acquire.run(config.load(), "crowd")
    give(*PICTURES[1:])
    acquire.run(config.load(), "crowd")
    acquire.run(config.load(), "crowd")
    assert sorted(rows()["image_id"]) == sorted(IDS)
    assert set(rows()["outcome"]) == {"stored"}


def test_a_run_that_was_killed_before_the_inbox_was_emptied_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    give(*PICTURES)
    with monkeypatch.context() as broken:
        broken.setattr(inbox_files, "remove_pictures", lambda *_: None)
        acquire.run(config.load(), "crowd")
    assert len(inbox.waiting("crowd")) == 3
    acquire.run(config.load(), "crowd")
    assert (rows().height, inbox.waiting("crowd")) == (3, [])


def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskError("shard", "no space left to write it", "free some space and run again")

    give(*PICTURES)
    with monkeypatch.context() as broken:
        broken.setattr(ShardWriter, "add", full)
        with pytest.raises(DiskError):
            acquire.run(config.load(), "crowd")
    assert len(inbox.waiting("crowd")) == 3


def test_a_picture_that_is_known_from_the_shards_is_told_of_without_the_journal() -> None:
    give(PICTURES[0])
    acquire.run(config.load(), "crowd")
    measure.run(config.load(), "crowd")
    (layout.inbox("crowd") / "journal").unlink()
    with running() as crowd:
        assert crowd.person().agree().give(PICTURES[0])["reason"] == "alike"


def test_a_crowd_that_gave_nothing_yet_stops_nobody() -> None:
    acquire.run(config.load(), "crowd")
    measure.run(config.load(), "crowd")
    assert tables.read_parts(layout.measured("crowd"), MEASURED).is_empty()


def test_all_that_one_person_gave_is_withdrawn_by_their_pseudonym() -> None:
    ada, _ = give(*PICTURES[:2]), give(PICTURES[2])
    acquire.run(config.load(), "crowd")
    measure.run(config.load(), "crowd")
    for name in ("web", "partner", "own", "list"):
        layout.measured(name).mkdir(parents=True)
    takedown.run(config.load(), f"contributor:{ada}", "asked by the contributor", purge=False)
    listed = tables.read_ledger(layout.TAKEDOWNS, TAKEDOWNS)
    assert set(listed["image_id"].drop_nulls()) == {hashlib.sha256(data).hexdigest() for data in PICTURES[:2]}
    assert set(listed["target"]) == {f"contributor:{ada}"}


@pytest.mark.slow
def test_what_is_taken_back_after_it_was_taken_is_withdrawn_by_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as crowd:
        person = crowd.person().agree()
        for data in PICTURES:
            person.give(data)
        acquire.run(config.load(), "crowd")
        for image_id in sorted(IDS)[:2]:
            assert person.post("/take-back", data={"form": person.form, "picture": image_id}).status_code == 303
    measure.run(config.load(), "crowd")
    for name in ("web", "partner", "own", "list"):
        layout.measured(name).mkdir(parents=True)
    assert taken_back.unheeded(config.load()) == sorted(IDS)[:2]
    for words in (["contribute", "status"], ["status"]):
        assert cli.main(words) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "2 pictures" in said
        assert "silverprint contribute withdraw" in said
    contributors.withdraw(config.load())
    assert set(ledgers.takedowns()["image_id"].drop_nulls()) == set(sorted(IDS)[:2])
    assert set(ledgers.takedowns()["why"]) == {"taken back by the contributor"}
    assert taken_back.unheeded(config.load()) == []
    before = layout.TAKEDOWNS.read_bytes()
    contributors.withdraw(config.load())
    assert layout.TAKEDOWNS.read_bytes() == before


def test_the_preview_stays_until_the_picture_is_taken_down_or_its_giver_forgotten() -> None:
    (gone, left, kept) = (hashlib.sha256(data).hexdigest() for data in PICTURES)
    with running() as crowd:
        person = crowd.person().agree()
        for data in PICTURES:
            person.give(data)
        acquire.run(config.load(), "crowd")
        measure.run(config.load(), "crowd")
        for name in ("web", "partner", "own", "list"):
            layout.measured(name).mkdir(parents=True)
        takedown.run(config.load(), gone, "asked")
        person.post("/take-back", data={"form": person.form, "picture": left})
        shown = [person.get(f"/previews/{one}").status_code for one in (gone, left, kept)]
        assert shown == [404, 404, 200]
        page = person.get().text
        assert f"/previews/{kept}" in page
        assert page.count("is in the collection") == 2  # that which was taken down is told by its time
        assert " UTC)" in page
        (pseudonym,) = inbox.read_standing("crowd").contributors
        contributors.forget(config.load(), pseudonym, yes=True)
    assert list((layout.inbox("crowd") / "previews").iterdir()) == []


def test_forgetting_ends_the_session_and_keeps_the_pictures() -> None:
    with running() as crowd:
        person = crowd.person().agree()
        person.give(PICTURES[0])
        (pseudonym,) = inbox.read_standing("crowd").contributors
        contributors.forget(config.load(), pseudonym, yes=True)
        assert person.get().status_code == 410
        assert person.put(PICTURES[1], "0a" * 16).status_code == 410
    assert len(inbox.waiting("crowd")) == 1
