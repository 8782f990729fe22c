"""A round of which some pictures are for a tier of people, on the backend in memory."""

import json

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import annotator_ledger, label_evidence, ledgers, retire
from silverprint.cli import main
from silverprint.commands import wait
from silverprint.dvcfiles import yaml_edit
from silverprint.records import QUEUE, conform
from silverprint.store import tables
from tests.adapters.labelstudio.conftest import find
from tests.helpers.studio_machine import ROUND, Machine, picture_id
from tests.stages.annotate.conftest import CAMPAIGN


def project(backend, tier):
    found = find(backend, CAMPAIGN, ROUND, tier)
    assert found is not None
    return found


def edit_queue(machine: Machine, **columns: pl.Expr) -> None:
    path = machine.folder / layout.queue(ROUND)
    queue = tables.read_ledger(path, QUEUE).sort("rank").with_columns(**columns)
    path.write_bytes(ledgers.queue_bytes(conform(queue, QUEUE)))


@pytest.fixture
def tiered(here):
    """Makes a round of pictures of overlap 1, the first `expert` of them for experts; params.yaml knows the tier."""

    def made(pictures: int, expert: int) -> Machine:
        found = here(*[1] * pictures)
        edit_queue(found, tier=pl.when(pl.col("rank") <= expert).then(pl.lit("expert")).otherwise(pl.lit("crowd")))
        layout.PARAMS.write_text(yaml_edit.put(layout.PARAMS.read_text(), ("tiers", "expert"), {"overlap": 1}))
        return found

    return made


@pytest.fixture
def disputed(here, monkeypatch):
    """Makes a round of pictures of overlap 2, of which an expert is asked where two people differ."""

    def made(pictures: int) -> Machine:
        found = here(*[2] * pictures)
        edit_queue(found, adjudicator=pl.lit("expert"), adjudicate_below=pl.lit(0.8))
        layout.PARAMS.write_text(yaml_edit.put(layout.PARAMS.read_text(), ("tiers", "expert"), {"adjudicate": 0.8}))
        return found

    def labels(params, name):
        return ledgers.votes_so_far(name).select("image_id").unique().with_columns(confidence=0.6)

    monkeypatch.setattr(label_evidence, "labels_so_far", labels)
    return made


@pytest.mark.slow
def test_each_tier_has_a_project_of_its_own_and_its_own_people(tiered, backend, people, capsys):
    machine = tiered(3, 2)
    said = machine.expect(75)
    assert "nobody of the tier expert has an account: silverprint people invite --tier expert NAME" in said
    expert, crowd = project(backend, "expert"), project(backend, "crowd")
    assert (expert.title, crowd.title) == ("fashion · r01 · expert", "fashion · r01 · crowd")
    assert [task.image_id for task in backend.tasks(expert)] == [picture_id(0), picture_id(1)]
    assert [task.image_id for task in backend.tasks(crowd)] == [picture_id(2)]
    ada, bo, _ = people
    annotator_ledger.give_tier(ada.pseudonym, "expert")
    bo.work(expert, limit=1)  # the server shows every project to everybody
    bo.work(crowd)
    said = machine.expect(75)
    assert "1 of 3 pictures done" in said
    assert "1 answers to what a tier was asked are by people who are not of it" in said
    assert f"({bo.pseudonym} 1)" in said
    status = dict(machine.votes().filter(annotator=bo.pseudonym).select("image_id", "status").iter_rows())
    assert status == {picture_id(0): "wrong-tier", picture_id(2): "valid"}
    assert ada.work(expert) == [picture_id(0), picture_id(1)]
    machine.expect(0)
    votes = machine.votes()
    assert votes.height == 4
    assert votes.filter(status="valid").height == 3
    assert main(["status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rounds"][0]["tiers"] == {"expert": {"votes": 2, "votes_needed": 2}}
    assert told["tiers"] == {ada.pseudonym: "expert"}


@pytest.mark.slow
def test_who_is_invited_to_the_tier_later_has_answered(tiered, backend, people, capsys):
    machine = tiered(2, 1)
    machine.expect(75)
    ada = people[0]
    ada.work(project(backend, "expert"))
    ada.work(project(backend, "crowd"))
    assert "1 of 2 pictures done" in machine.expect(75)
    assert main(["people", "invite", "--tier", "expret", "ada"]) == 64
    assert "--tier expret: params.yaml knows the tiers crowd, expert" in capsys.readouterr().err
    annotator_ledger.give_tier(ada.pseudonym, "expert")
    machine.expect(0)
    assert machine.votes()["status"].to_list() == ["valid", "valid"]


def test_invite_gives_a_tier_once_and_the_list_shows_it(tiered, backend, capsys):
    tiered(1, 1)
    assert main(["people", "invite", "--tier", "expert", "dee"]) == 0
    assert "dee is of the tier expert from now on" in capsys.readouterr().err
    before = layout.ANNOTATORS.read_bytes()
    assert main(["people", "invite", "--tier", "expert", "dee"]) == 0
    assert "dee is of the tier expert already" in capsys.readouterr().err
    assert layout.ANNOTATORS.read_bytes() == before
    dee = backend.person("dee@silverprint.local").pseudonym
    assert annotator_ledger.tiers() == {dee: "expert"}
    annotator_ledger.add(dee, "paused", "away")
    assert annotator_ledger.tiers() == {dee: "expert"}
    assert annotator_ledger.active_of("expert") == []
    annotator_ledger.add(dee, "retired", "gone")
    assert main(["people", "invite", "--tier", "crowd", "dee"]) == 64
    assert f"{dee} is retired" in capsys.readouterr().err


@pytest.mark.slow
def test_wait_does_not_wait_for_a_tier_of_which_there_is_nobody(tiered, backend, people, capsys):
    machine = tiered(2, 1)
    machine.expect(75)
    people[0].work(project(backend, "crowd"))
    wait.run(config.load())
    told = capsys.readouterr().err
    assert "r01 asks the tier expert, and nobody of it has an account: silverprint people invite --tier expert" in told
    assert "everybody else has answered" in told
    annotator_ledger.give_tier(people[1].pseudonym, "expert")
    people[1].work(project(backend, "expert"))
    wait.run(config.load())
    assert "everybody has answered; go on: silverprint repro" in capsys.readouterr().err


@pytest.mark.slow
def test_an_expert_is_asked_where_the_crowd_disagrees_and_the_round_waits(disputed, backend, people, capsys):
    machine = disputed(2)
    machine.expect(75)
    ada, bo, cyn = people
    crowd = project(backend, "crowd")
    for person, choices in ((ada, ("coat", "coat")), (bo, ("bag", "coat"))):
        for choice in choices:
            person.answer(person.next(crowd)["id"], choice)
    said = machine.expect(75)
    assert "the crowd disagrees about 1 pictures: one person of expert is asked about each" in said
    assert "1 of 2 pictures done (one more person is asked about 1, not settled yet), 4 of 5 votes" in said
    assert "silverprint people invite --tier expert NAME" in said
    (row,) = ledgers.asks(ROUND).to_dicts()
    assert (row["image_id"], row["extra"], row["tier"]) == (picture_id(0), 1, "expert")
    expert = project(backend, "expert")
    assert machine.state()["projects"] == {"crowd": crowd.id, "expert": expert.id}
    assert [task.image_id for task in backend.tasks(expert)] == [picture_id(0)]
    machine.expect(75)
    assert ledgers.asks(ROUND).height == 1
    ada.work(expert)  # not of the tier, and has answered in the crowd's project
    assert "4 of 5 votes" in machine.expect(75)
    annotator_ledger.give_tier(cyn.pseudonym, "expert")
    assert cyn.work(expert) == [picture_id(0)]
    wait.run(config.load())
    assert "everybody has answered" in capsys.readouterr().err
    machine.expect(0)
    before = layout.votes(ROUND).read_bytes()
    layout.votes(ROUND).unlink()
    machine.expect(0)  # the votes come back from both projects
    assert layout.votes(ROUND).read_bytes() == before
    votes = machine.votes()
    assert votes.filter(annotator=ada.pseudonym)["status"].sort().to_list() == ["valid", "valid", "wrong-tier"]
    assert votes.filter(status="valid").height == 5


@pytest.mark.slow
def test_in_place_of_an_expert_who_is_retired_another_expert_is_asked(tiered, backend, people):
    machine = tiered(2, 1)
    machine.expect(75)
    ada, bo, _ = people
    for person in (ada, bo):
        annotator_ledger.give_tier(person.pseudonym, "expert")
    ada.work(project(backend, "expert"))
    machine.expect(75)
    assert retire.ask_again(config.load(), ada.pseudonym, "guesses") == {ROUND: 1}
    assert ledgers.asks(ROUND).select("image_id", "tier").rows() == [(picture_id(0), "expert")]
    annotator_ledger.add(ada.pseudonym, "retired", "guesses")
    machine.expect(75)
    assert bo.work(project(backend, "expert")) == [picture_id(0)]
    assert bo.work(project(backend, "crowd")) == [picture_id(1)]
    machine.expect(0)


@pytest.mark.slow
def test_a_round_without_tiers_has_one_project_and_the_ledgers_of_before(here, backend, people):
    machine = here(1)
    machine.expect(75)
    people[0].work(project(backend, "crowd"))
    machine.expect(0)
    assert [one.tier for one in backend.projects()] == ["crowd"]
    assert machine.state()["projects"].keys() == {"crowd"}
    ledgers.write_asks(ROUND, ledgers.asks(ROUND))
    assert layout.asks(ROUND).read_text() == "image_id,extra,reason,asked_at\n"
    annotator_ledger.add(people[0].pseudonym, "paused", "x")
    assert layout.ANNOTATORS.read_text().partition("\n")[0] == "annotator,state,since,why"
