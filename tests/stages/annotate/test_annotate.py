"""A round from its first question to its close, on the backend in memory: annotate, wait, people and round move."""

import json
from pathlib import Path

import pytest

from silverprint import annotation_registry, layout
from silverprint.cli import main
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
