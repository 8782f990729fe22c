"""A round from its first question to its close, on the backend in memory: annotate, wait, people and round move."""

import json
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from silverprint import annotation_registry, config, layout
from silverprint.annotation_backend import Progress, Project, Task
from silverprint.campaign import account_names, annotator_ledger, ledgers, round_plan, served_copies
from silverprint.cli import main
from silverprint.commands import wait
from silverprint.dvcfiles import yaml_edit
from tests.adapters.labelstudio.conftest import by_image
from tests.helpers.studio_machine import ROUND, Machine, picture_id, tasks_of
from tests.stages.annotate.conftest import CAMPAIGN, project_of


@pytest.mark.slow
def test_a_round_is_asked_answered_and_closed_and_then_needs_no_server(here, backend, people, monkeypatch):
    machine = here(1, 2)
    assert "0 of 2 pictures done, 0 of 3 votes" in machine.expect(75)
    assert list(by_image(backend, project_of(backend))) == [picture_id(0), picture_id(1)]
    people[0].work(project_of(backend))
    assert account_names.invited() == []
    assert "1 of 2 pictures done, 2 of 3 votes" in machine.expect(75)
    assert account_names.invited() == ["ada@here"]  # who has an account for another campaign and answers in this one
    people[1].work(project_of(backend))
    assert "r01 is closed: 3 votes" in machine.expect(0)
    assert project_of(backend).votes_sha256 == machine.state()["votes_sha256"]
    assert machine.votes()["status"].to_list() == ["valid"] * 3
    monkeypatch.setattr(annotation_registry, "connect", None)
    assert "its votes stay as they are" in machine.expect(0)


@pytest.mark.slow
def test_what_is_asked_is_listed_once_and_again_only_where_a_task_came_meanwhile(here, backend, monkeypatch):
    machine, listed, tasks = here(1, 2), [], backend.tasks
    monkeypatch.setattr(backend, "tasks", lambda project: listed.append(project.id) or tasks(project))
    machine.expect(75)
    machine.expect(75)
    assert len(listed) == 2

    push = backend.push

    def late(project: Project, *rest: Any) -> int:
        backend.copy_task(tasks(project)[0].task_id)
        return push(project, *rest)

    monkeypatch.setattr(backend, "push", late)
    assert "2 tasks" not in (said := machine.expect(75))
    assert "1 tasks asked about a picture a second time: 1 unanswered ones are removed" in said
    assert (len(listed), backend.count_tasks(project_of(backend))) == (4, 2)


@pytest.mark.slow
def test_a_served_copy_that_a_power_failure_cut_short_is_made_again(here):
    machine = here(1, 1, 1)
    machine.expect(75)
    copies = [served_copies.path(CAMPAIGN, ROUND, picture_id(number)) for number in range(3)]
    whole = [path.read_bytes() for path in copies]
    copies[0].write_bytes(b"")
    copies[1].write_bytes(whole[1][:-100] + bytes(100))
    machine.expect(75)
    assert [path.read_bytes() for path in copies] == whole


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_who_is_waited_for_is_said(here, backend, people, capsys):
    machine = here(1, 2)
    machine.expect(75)
    project = project_of(backend)
    people[0].work(project)
    people[1].work(project)
    capsys.readouterr()
    assert main(["wait"]) == 0
    told = capsys.readouterr().err
    assert "r01 (crowd): 2/2 pictures done so far, by ada@here 2, bo@here 1" in told
    assert f"at {backend.page_url(project.id)}" in told
    assert "everybody has answered; go on: silverprint repro" in told


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


@pytest.fixture
def alone(here):
    """As `here`, with r01 the only round that was opened."""

    def made(*overlaps: int) -> Machine:
        found = here(*overlaps)
        text = layout.PARAMS.read_text()
        for name in ("r03", "r02"):
            text = round_plan.plan_again(text, name)
        layout.PARAMS.write_text(text)
        return found

    return made


def decisions() -> list[tuple[str, str | None]]:
    return ledgers.round_decisions().select("decision", "why").rows()


@pytest.mark.slow
def test_a_round_that_nobody_answered_is_taken_back_with_its_tasks_and_may_be_opened_again(alone, backend, people):
    machine = alone(1, 2)
    queue = layout.queue(ROUND).read_bytes()
    machine.expect(75)
    assert main(["round", "remove", ROUND, "--why", "wrong question"]) == 0
    assert backend.projects() == []
    assert not layout.round_dir(ROUND).exists()
    assert not (layout.SERVING / CAMPAIGN / ROUND).exists()
    assert next(iter(config.load().planned)) == ROUND
    assert decisions() == [("removed", "wrong question")]
    assert main(["round", "open", ROUND]) == 0
    layout.queue(ROUND).write_bytes(queue)
    machine.expect(75)
    people[0].work(project_of(backend))
    people[1].work(project_of(backend))
    machine.expect(0)


@pytest.mark.slow
@pytest.mark.parametrize("pulled", [True, False])
def test_a_round_with_an_answer_is_not_taken_back(alone, backend, people, capsys, pulled):
    machine = alone(1, 1)
    machine.expect(75)
    people[0].work(project_of(backend), limit=1)
    if pulled:
        machine.expect(75)
    before = layout.PARAMS.read_bytes()
    assert main(["round", "remove", ROUND, "--why", "wrong question"]) == 65
    assert "r01 has 1 answers: what people answered is never thrown away" in capsys.readouterr().err
    assert (layout.PARAMS.read_bytes(), decisions()) == (before, [])
    people[1].work(project_of(backend))
    machine.expect(0)


@pytest.mark.slow
def test_an_answer_in_the_moment_of_removal_is_kept_and_the_rest_is_asked_again(alone, backend, people, monkeypatch):
    machine = alone(1, 1)
    machine.expect(75)
    seen = backend.annotations

    def then_somebody_answers(project):
        found = seen(project)
        people[0].work(project, limit=1)
        return found

    monkeypatch.setattr(backend, "annotations", then_somebody_answers)
    assert main(["round", "remove", ROUND, "--why", "wrong question"]) == 65
    monkeypatch.undo()
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": backend)
    monkeypatch.chdir(machine.folder)
    machine.expect(75)
    assert people[1].work(project_of(backend)) == [picture_id(1)]
    machine.expect(0)
    assert machine.votes().height == 2


@pytest.mark.slow
def test_a_round_ends_early_with_what_was_answered_and_frees_the_rest(alone, backend, people, capsys):
    machine = alone(1, 2, 2, 1)
    machine.expect(75)
    project = project_of(backend)
    assert main(["round", "close", ROUND, "--early", "--why", "too slow"]) == 0
    assert "0 of 4 pictures were answered at the last pull" in capsys.readouterr().err
    assert "r01 has no answer" in machine.expect(65)
    assert len(backend.tasks(project)) == 4
    people[0].work(project, limit=2)
    said = machine.expect(0)
    assert "2 of 4 pictures were answered; 2 tasks that nobody had answered are deleted" in said
    assert machine.votes().height == 2
    assert [person.next(project) for person in people] == [None] * 3
    assert sorted(ledgers.asked(ROUND)["image_id"]) == sorted(picture_id(number) for number in range(2))
    assert set(ledgers.other_queues("r02")["image_id"]) == {picture_id(0), picture_id(1)}
    assert ledgers.queue(ROUND).height == 4
    assert decisions() == [("closed-early", "too slow")]
    assert main(["round", "close", ROUND, "--early", "--why", "again"]) == 78
    assert "its votes stay as they are" in machine.expect(0)


@pytest.mark.slow
def test_answers_while_a_round_is_being_ended_count(alone, backend, people, monkeypatch):
    machine = alone(1, 2, 1)
    machine.expect(75)
    people[0].work(project_of(backend), limit=1)
    assert main(["round", "close", ROUND, "--early", "--why", "too slow"]) == 0
    delete = backend.delete_unanswered

    def just_before(project, task_ids):
        people[1].work(project, limit=1)
        return delete(project, task_ids)

    monkeypatch.setattr(backend, "delete_unanswered", just_before)
    assert "2 of 3 pictures were answered; 1 tasks" in machine.expect(0)
    assert machine.votes().height == 2


@pytest.mark.slow
def test_an_answer_that_came_late_is_told_and_pulled(alone, backend, people, capsys):
    machine = alone(2, 1)
    machine.expect(75)
    project = project_of(backend)
    people[0].work(project, limit=1)
    assert main(["round", "close", ROUND, "--early", "--why", "too slow"]) == 0
    machine.expect(0)
    closed = machine.state()
    assert main(["round", "late", ROUND, "--why", "bo was late"]) == 0
    assert "no answer came after it was closed" in capsys.readouterr().err
    assert machine.state() == closed
    people[1].answer(by_image(backend, project)[picture_id(0)].task_id, "coat")  # from a page that was open
    assert "its votes stay as they are" in machine.expect(0)
    assert main(["round", "late", ROUND, "--why", "bo was late"]) == 0
    assert "1 answers came after it was closed" in capsys.readouterr().err
    assert "r01 is closed: 2 votes" in machine.expect(0)
    assert machine.votes()["status"].to_list() == ["valid"] * 2
    assert project_of(backend).votes_sha256 == machine.state()["votes_sha256"]


@pytest.mark.slow
def test_a_round_that_ended_early_is_reopened_for_what_was_answered_alone(alone, backend, people):
    machine = alone(1, 1)
    machine.expect(75)
    project = project_of(backend)
    people[0].work(project, limit=1)
    assert main(["round", "close", ROUND, "--early", "--why", "too slow"]) == 0
    machine.expect(0)
    assert main(["round", "reopen", ROUND, "--all", "--why", "a second opinion"]) == 0
    machine.expect(75)
    assert people[1].work(project) == [picture_id(0)]
    assert "r01 is closed: 2 votes" in machine.expect(0)
    assert tasks_of(backend, CAMPAIGN) == {picture_id(0): 1}


@pytest.mark.slow
def test_the_next_round_tells_of_answers_that_came_late(here, backend, people):
    machine = here(2)
    machine.expect(75)
    project = project_of(backend)
    for person in people[:2]:
        person.work(project)
    machine.expect(0)
    layout.queue("r02").write_bytes(layout.queue(ROUND).read_bytes())
    quiet = StringIO()
    with redirect_stderr(quiet):
        assert main(["annotate", "r02"]) == 75
    assert "came after" not in quiet.getvalue()
    layout.state("r02").unlink()
    people[2].answer(backend.tasks(project)[0].task_id, "coat")  # from a page that was open
    told = StringIO()
    with redirect_stderr(told):
        assert main(["annotate", "r02"]) == 75
    assert "r01: 1 answers came after it was closed and do not count; to pull them: silverprint round late r01" in (
        told.getvalue()
    )


def test_a_knob_changed_too_late_is_told(alone, backend, capsys):
    machine = alone(1)
    machine.expect(75)
    ran = "{strategy: auto, budget: 100, control: 0.4, overlap: 2, gold: 4, prev: start}"
    sections = f"params.yaml: {{rounds.r01: {ran}, evaluation: {{size: 150, overlap: 3}}}}"
    layout.LOCK.write_text(f"schema: '2.0'\nstages:\n  queue@r01:\n    cmd: x\n    params: {{{sections}}}\n")
    assert main(["check"]) == 0
    assert "changes nothing" not in capsys.readouterr().err
    text = layout.PARAMS.read_text().replace("size: 150", "size: 99")
    text = yaml_edit.put(text, ("evaluation", "draw"), "strata")
    layout.PARAMS.write_text(yaml_edit.put(text, ("rounds", ROUND, "show_predictions"), True))
    assert main(["check"]) == 0
    said = capsys.readouterr().err
    assert "rounds.r01.show_predictions = True (before: False) changes nothing: r01's queue is final" in said
    assert "for a round to come: silverprint round add NAME --show-predictions\n" in said
    assert "evaluation.size = 99 (before: 150) changes nothing" in said
    assert "evaluation.draw = strata (before: random) changes nothing" in said


def test_a_sequential_overlap_that_stays_is_no_change_and_one_that_comes_too_late_is_told(alone, backend, capsys):
    machine = alone(1)
    machine.expect(75)
    knobs = "{min: 1, max: 3, until: 0.9}"
    ran = f"{{strategy: auto, budget: 100, control: 0.4, overlap: {knobs}, gold: 4, prev: start}}"
    layout.LOCK.write_text(
        f"schema: '2.0'\nstages:\n  queue@r01:\n    cmd: x\n    params: {{params.yaml: {{rounds.r01: {ran}}}}}\n"
    )
    for until, code in ((0.9, False), (0.8, True)):
        text = yaml_edit.put(
            layout.PARAMS.read_text(), ("rounds", ROUND, "overlap"), {"min": 1, "max": 3, "until": until}
        )
        layout.PARAMS.write_text(text)
        assert main(["check"]) == 0
        assert ("changes nothing" in (said := capsys.readouterr().err)) == code
    assert f"overlap = {{min: 1, max: 3, until: 0.8}} (before: {knobs}) changes nothing" in said
    assert "--overlap 1-3:0.8" in said


def test_progress_fits_eighty_columns_with_names_and_the_address_whole(backend):
    address = f"https://label-studio.{'long.' * 5}example.org/projects/123/data"
    project = Project(1, "", CAMPAIGN, ROUND, "crowd", "0" * 64, None)
    far = Progress(1200, 350, 0, 3000, 900, 12, {f"00c0ffee-{number}": 1000 for number in range(12)})
    backend.page_url = lambda _: address
    console = Console(width=80, file=StringIO())
    console.print(wait._shown(backend, [(project, far)], {"00c0ffee-1": "ada"}))
    *table, heading, place = console.file.getvalue().splitlines()
    assert max(map(len, table)) <= 80
    assert "ada 1000" in " ".join(table)
    assert (heading.strip(), place.strip()) == ("r01 crowd at", address)


@pytest.mark.slow
def test_status_shows_names_on_this_machine_and_pseudonyms_to_programs(alone, backend, people, capsys):
    machine = alone(1)
    machine.expect(75)
    people[0].work(project_of(backend))
    machine.expect(0)
    capsys.readouterr()
    assert main(["status"]) == 0
    assert "ada@here 1" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rounds"][0]["people"] == {people[0].pseudonym: 1}


@pytest.mark.slow
def test_who_is_retired_is_asked_no_more_and_others_are_asked_in_their_stead(alone, backend, people, capsys):
    machine = alone(1, 1, 2)
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
    (row,) = annotator_ledger.lines().to_dicts()
    assert (row["annotator"], row["state"], row["why"]) == (ada.pseudonym, "retired", "answers without looking")
    assert main(["people", "retire", ada.pseudonym, "--why", "again", "--yes"]) == 0
    assert "is retired already" in capsys.readouterr().err
    assert ledgers.asks(ROUND)["image_id"].to_list() == [picture_id(0)]
    machine.expect(75)
    assert ada.next(project) is None
    assert bo.work(project) == [picture_id(0), picture_id(1)]
    machine.expect(0)
    assert machine.votes().filter(annotator=ada.pseudonym)["status"].to_list() == ["valid", "valid"]


@pytest.mark.slow
def test_what_a_retired_person_still_says_answers_nothing(alone, backend, people):
    machine = alone(1, 1)
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


@pytest.mark.slow
def test_who_is_back_is_served_again_and_the_asks_are_taken_back(alone, backend, people, capsys):
    machine = alone(1, 1)
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
    assert ledgers.asks(ROUND).is_empty()
    machine.expect(75)
    assert bo.next(project)["data"]["image_id"] == picture_id(1)
    assert ada.work(project) == [picture_id(1)]
    machine.expect(0)
    backend.set_open(ada.pseudonym, False)  # as where the server was not reached
    capsys.readouterr()
    assert main(["people", "resume", ada.pseudonym, "--why", "x"]) == 0
    assert "is active already, and can sign in" in capsys.readouterr().err
    backend.push(project, [Task.single(picture_id(2), "/x", 1)])
    assert ada.next(project) is not None


@pytest.mark.slow
def test_a_paused_person_waits_and_their_votes_count(alone, backend, people, capsys):
    machine = alone(2)
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


@pytest.mark.slow
def test_an_erased_person_leaves_votes_without_a_name(alone, backend, people, capsys):
    machine = alone(1)
    assert main(["people", "invite", "dee"]) == 0
    dee = backend.person("dee@silverprint.local")
    assert main(["people", "list"]) == 0
    assert "dee" in layout.NAMES.read_text()
    machine.expect(75)
    dee.work(project_of(backend))
    machine.expect(0)
    assert main(["people", "erase", "Dee", "--yes"]) == 0
    assert not Path("var/people/dee.json").exists()
    assert "dee" not in layout.NAMES.read_text()
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
def test_what_cannot_be_done_to_a_person_is_said_and_changes_nothing(alone, backend, capsys, arguments, said):
    alone(1)
    before = layout.ANNOTATORS.read_bytes()
    assert main(["people", *arguments]) == 64
    assert said in capsys.readouterr().err
    assert layout.ANNOTATORS.read_bytes() == before


def test_a_pipeline_that_would_keep_old_labels_is_told(alone, backend, capsys):
    alone(1)
    path = Path("dvc.yaml")
    path.write_text(path.read_text().replace("        - data/annotators.csv\n", ""))
    assert main(["people", "retire", "00c0ffee-2", "--why", "x", "--yes"]) == 78
    assert "add data/annotators.csv to the deps of labels" in capsys.readouterr().err
