"""A round from its first question to its close, on the backend in memory: annotate, wait, people and round move."""

import json
from pathlib import Path

import pytest

from silverprint import annotation_registry, layout
from silverprint.annotation_backend import Task
from silverprint.campaign import annotator_ledger
from silverprint.cli import main
from silverprint.records import ANNOTATOR_LEDGER, ASKS
from silverprint.store import tables
from tests.adapters.labelstudio.conftest import PEOPLE, by_image, find
from tests.helpers import studio_machine as machine
from tests.helpers.memory_backend import MemoryBackend
from tests.helpers.studio_machine import ROUND, Machine, picture_id, tasks_of

CAMPAIGN = "garments"


@pytest.fixture
def backend(monkeypatch) -> MemoryBackend:
    """Three people have an account there, and it is the one at hand."""
    found = MemoryBackend()
    for name in PEOPLE:
        found.invite(f"{name}@here", "a password")
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": found)
    return found


@pytest.fixture
def people(backend):
    return [backend.person(f"{name}@here") for name in PEOPLE]


@pytest.fixture
def here(backend, tmp_path, monkeypatch):
    """Makes a checkout in which nobody was asked so far, and works in it."""

    def made(*overlaps: int) -> Machine:
        folder, serving = tmp_path / "checkout", tmp_path / "serving"
        folder.mkdir()
        serving.mkdir()
        found = machine.make(folder, backend, serving, "a token", CAMPAIGN, list(overlaps))
        monkeypatch.chdir(folder)
        return found

    return made


def project_of(backend):
    return find(backend, CAMPAIGN, ROUND)


def test_a_round_is_asked_answered_and_closed_and_then_needs_no_server(here, backend, people, monkeypatch):
    machine = here(1, 2)
    assert "0 of 2 pictures done, 0 of 3 votes" in machine.expect(75)
    assert list(by_image(backend, project_of(backend))) == [picture_id(0), picture_id(1)]
    people[0].work(project_of(backend))
    assert "1 of 2 pictures done, 2 of 3 votes" in machine.expect(75)
    people[1].work(project_of(backend))
    assert "r01 is closed: 3 votes" in machine.expect(0)
    assert project_of(backend).votes_sha256 == machine.state()["votes_sha256"]
    assert machine.votes()["status"].to_list() == ["valid"] * 3
    monkeypatch.setattr(annotation_registry, "connect", None)
    assert "its votes stay as they are" in machine.expect(0)


def test_lost_votes_come_back_from_the_server_byte_for_byte(here, backend, people):
    machine = here(1, 1)
    machine.expect(75)
    people[0].work(project_of(backend))
    machine.expect(0)
    path = machine.folder / layout.votes(ROUND)
    before = path.read_bytes()
    path.unlink()
    assert "it is back from memory://here" in machine.expect(0)
    assert path.read_bytes() == before
    path.unlink()
    backend.delete_annotations([backend.annotations(project_of(backend))[0].annotation_id])
    assert "has other answers now" in machine.expect(65)
    assert not path.exists()


def test_more_people_are_asked_when_the_round_is_reopened(here, backend, people):
    machine = here(1)
    machine.expect(75)
    people[0].work(project_of(backend))
    machine.expect(0)
    machine.ask_more(1)
    machine.expect(75)
    assert people[0].next(project_of(backend)) is None
    people[1].work(project_of(backend))
    assert "2 votes" in machine.expect(0)


def test_answered_doubles_and_a_younger_project_lose_no_answer(here, backend, people):
    machine = here(1, 2, 2)
    machine.expect(75)
    project = project_of(backend)
    copies = [
        backend.open(CAMPAIGN, ROUND, "crowd", project.queue_sha256, "again", backend.pages[project.id])
        for _ in range(2)
    ]
    younger, empty = copies
    first = by_image(backend, project)[picture_id(1)].task_id
    doubles = [backend.add_task(project, picture_id(number)) for number in range(3)]
    thirds = [backend.add_task(younger, picture_id(number)) for number in range(3)]
    people[0].answer(first, "coat")
    people[1].answer(doubles[1], "bag")
    people[2].answer(thirds[2], "dress")
    said = machine.expect(75)
    assert f"project {younger.id} asked the same" in said
    assert "2 tasks asked about a picture a second time: 2 unanswered ones are removed" in said
    assert machine.votes().sort("created_at")["choice"].to_list() == ["coat", "bag", "dress"]
    assert not backend.is_there(empty.id)
    assert people[0].work(project) == [picture_id(0), picture_id(2)]
    assert [person.next(one) for person in people for one in (project, younger)] == [None] * 6
    said = machine.expect(0)
    assert ("a second time" in said, "asked the same" in said) == (False, False)
    assert machine.votes().height == 5


def test_votes_that_count_for_nothing_are_asked_again_and_kept(here, backend, people):
    machine = here(1, 1, 1)
    machine.expect(75)
    project = project_of(backend)
    ids = [task.task_id for task in backend.tasks(project)]
    ada, bo, _ = people
    ada.answer(ids[0], "dress", "bag")
    ada.answer(ids[1], "no such class")
    bo.answer(ids[2], "bag", in_name_of=ada.pseudonym)
    said = machine.expect(75)
    assert "3 of 3 votes do not count: empty 1, in-another-name 1, unknown-class 1" in said
    assert f"1 of {ada.pseudonym} by {bo.pseudonym}" in said
    assert ada.work(project) == [picture_id(number) for number in range(3)]
    machine.expect(0)
    assert machine.votes().height == 6
    assert machine.votes().filter(status="valid").height == 3


def test_an_edited_page_and_a_lost_note_are_put_right(here, backend):
    machine = here(1)
    machine.expect(75)
    project = project_of(backend)
    page = backend.pages[project.id]
    backend.restore_page(project, type(page)("?", "", ("Coat",)))
    backend.lose_note(project)
    said = machine.expect(75)
    assert "its last line is put right" in said
    assert f"settings of project {project.id} were not as this campaign has them and are put right: page" in said
    assert (backend.pages[project.id], project_of(backend)) == (page, project)


def test_a_withdrawn_picture_is_asked_about_no_more(here, backend, people):
    machine = here(1, 1)
    machine.expect(75)
    people[0].work(project_of(backend), limit=1)
    path = machine.folder / layout.TAKEDOWNS
    path.write_text(path.read_text() + f"{picture_id(0)},image,{picture_id(0)},asked,2026-01-01\n")
    machine.expect(75)
    assert tasks_of(backend, CAMPAIGN) == {picture_id(1): 1}
    machine.expect(75)
    assert machine.votes()["status"].to_list() == ["withdrawn"]


def test_a_round_whose_project_is_gone_moves_and_its_votes_count(here, backend, people, capsys):
    machine = here(1, 1)
    machine.expect(75)
    people[0].work(project_of(backend), limit=1)
    machine.expect(75)
    assert main(["round", "move", ROUND]) == 65
    assert "its project is there, so there is nothing to move" in capsys.readouterr().err
    backend.delete_project(project_of(backend))
    assert f"or ask for the rest in a new project: silverprint round move {ROUND}" in machine.expect(65)
    assert main(["wait"]) == 65
    assert main(["round", "move", ROUND]) == 0
    machine.expect(75)
    assert people[1].work(project_of(backend)) == [picture_id(1)]
    machine.expect(0)
    assert machine.votes()["status"].to_list() == ["valid"] * 2


def test_who_is_waited_for_is_said(here, backend, people, capsys):
    machine = here(1, 2)
    machine.expect(75)
    project = project_of(backend)
    people[0].work(project)
    people[1].work(project)
    capsys.readouterr()
    assert main(["wait"]) == 0
    told = capsys.readouterr().err
    assert f"r01 (crowd): 2/2 pictures answered, by {people[0].pseudonym} 2, {people[1].pseudonym} 1" in told
    assert f"at {backend.page_url(project.id)}" in told
    assert "everybody has answered; go on: dvc repro" in told


def test_people_are_invited_once_and_listed_by_their_pseudonyms(here, backend, capsys):
    here(1)
    assert main(["people", "invite", "dee"]) == 0
    path = Path("var/people/dee.json")
    assert json.loads(path.read_text()) == {
        "url": backend.sign_in_url,
        "email": "dee@silverprint.local",
        "password": json.loads(path.read_text())["password"],
    }
    assert main(["people", "invite", "dee"]) == 0
    assert "dee has an account already" in capsys.readouterr().err
    assert main(["people", "list"]) == 0
    lines = capsys.readouterr().out
    assert "dee" in lines
    assert backend.person("dee@silverprint.local").pseudonym in lines


def test_who_is_retired_is_asked_no_more_and_others_are_asked_in_their_stead(here, backend, people, capsys):
    machine = here(1, 1, 2)
    machine.expect(75)
    project = project_of(backend)
    ada, bo, cyn = people
    ada.work(project)
    bo.work(project)  # the last picture is done
    backend.set_overlap(by_image(backend, project)[picture_id(2)].task_id, 3)
    cyn.answer(by_image(backend, project)[picture_id(2)].task_id, "bag")  # one more than was asked
    backend.delete_annotations(
        [one.annotation_id for one in backend.annotations(project) if one.image_id == picture_id(1)]
    )
    machine.expect(75)
    assert main(["people", "retire", ada.pseudonym, "--why", "answers  without looking", "--yes"]) == 0
    told = capsys.readouterr().err
    assert f"{ada.pseudonym} is retired: their votes stay in the ledgers" in told
    assert "r01 asks another person about 1 pictures" in told
    assert f"{ada.pseudonym} cannot sign in to {backend.url} any more" in told
    (row,) = tables.read_ledger(layout.ANNOTATORS, ANNOTATOR_LEDGER).to_dicts()
    assert (row["annotator"], row["state"], row["why"]) == (ada.pseudonym, "retired", "answers without looking")
    assert main(["people", "retire", ada.pseudonym, "--why", "again", "--yes"]) == 0
    assert "is retired already" in capsys.readouterr().err
    assert tables.read_ledger(layout.asks(ROUND), ASKS)["image_id"].to_list() == [picture_id(0)]
    machine.expect(75)
    assert ada.next(project) is None
    assert bo.work(project) == [picture_id(0), picture_id(1)]
    machine.expect(0)
    assert machine.votes().filter(annotator=ada.pseudonym)["status"].to_list() == ["valid", "valid"]


def test_what_a_retired_person_still_says_answers_nothing(here, backend, people):
    machine = here(1, 1)
    machine.expect(75)
    project = project_of(backend)
    ada, bo, _ = people
    annotator_ledger.add(ada.pseudonym, "retired", "x")
    backend.set_open(ada.pseudonym, True)  # a server that cannot shut an account
    ada.work(project)
    assert "0 of 2 pictures done" in machine.expect(75)
    assert machine.votes().height == 2
    bo.work(project)
    machine.expect(0)


def test_who_is_back_is_served_again_and_the_asks_are_taken_back(here, backend, people, capsys):
    machine = here(1, 1)
    machine.expect(75)
    project = project_of(backend)
    ada, bo, _ = people
    ada.work(project, limit=1)
    machine.expect(75)
    assert main(["people", "retire", ada.pseudonym, "--why", "x", "--yes"]) == 0
    machine.expect(75)
    assert main(["people", "pause", ada.pseudonym, "--why", "x"]) == 64
    assert "they are retired" in capsys.readouterr().err
    assert main(["people", "resume", ada.pseudonym, "--why", "it was somebody else"]) == 0
    assert "r01 asks 1 people less" in capsys.readouterr().err
    assert tables.read_ledger(layout.asks(ROUND), ASKS).is_empty()
    machine.expect(75)
    assert bo.next(project)["data"]["image_id"] == picture_id(1)
    assert ada.work(project) == [picture_id(1)]
    machine.expect(0)
    backend.set_open(ada.pseudonym, False)  # as where the server was not reached
    capsys.readouterr()
    assert main(["people", "resume", ada.pseudonym, "--why", "x"]) == 0
    assert "is active already, and can sign in" in capsys.readouterr().err
    backend.push(project, [Task(picture_id(2), "/x", 1)])
    assert ada.next(project) is not None


def test_a_paused_person_waits_and_their_votes_count(here, backend, people, capsys):
    machine = here(2)
    machine.expect(75)
    project = project_of(backend)
    ada, bo, cyn = people
    ada.work(project)
    for one in (bo, cyn):
        assert main(["people", "pause", one.pseudonym, "--why", "on leave"]) == 0
        assert one.next(project) is None
    said = machine.expect(75)
    assert "2 people are to look at a picture and 1 have an account" in said
    assert "1 of 2 votes" in said
    assert main(["people", "list"]) == 0
    assert capsys.readouterr().out.count("paused") == 2


def test_an_erased_person_leaves_votes_without_a_name(here, backend, people, capsys):
    machine = here(1)
    assert main(["people", "invite", "dee"]) == 0
    dee = backend.person("dee@silverprint.local")
    machine.expect(75)
    dee.work(project_of(backend))
    machine.expect(0)
    assert main(["people", "erase", "Dee", "--yes"]) == 0
    assert not Path("var/people/dee.json").exists()
    assert "dee" not in str(backend.people())
    assert machine.votes()["annotator"].to_list() == [dee.pseudonym]
    machine.expect(0)
    capsys.readouterr()
    assert main(["people", "erase", "dee", "--yes"]) == 64
    assert "nobody has the account dee@silverprint.local" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retire", "00c0ffee-99", "--why", "x", "--yes"], "nobody has the account"),
        (["retire", "00c0ffee-2", "--why", " ", "--yes"], "a decision about a person has a reason"),
        (["retire", "00c0ffee-2", "--why", "x"], "nobody is here to confirm it; give --yes"),
        (["resume", "00c0ffee-2", "--why", "x"], "neither paused nor retired"),
        (["erase", "00c0ffee-2"], "nobody is here to confirm it; give --yes"),
    ],
)
def test_what_cannot_be_done_to_a_person_is_said_and_changes_nothing(here, backend, capsys, arguments, said):
    here(1)
    before = layout.ANNOTATORS.read_bytes()
    assert main(["people", *arguments]) == 64
    assert said in capsys.readouterr().err
    assert layout.ANNOTATORS.read_bytes() == before


def test_a_pipeline_that_would_keep_old_labels_is_told(here, backend, capsys):
    here(1)
    path = Path("dvc.yaml")
    path.write_text(path.read_text().replace("        - data/annotators.csv\n", ""))
    assert main(["people", "retire", "00c0ffee-2", "--why", "x", "--yes"]) == 78
    assert "add data/annotators.csv to the deps of labels" in capsys.readouterr().err
