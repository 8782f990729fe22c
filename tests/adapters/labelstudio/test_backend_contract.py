"""What every annotation backend keeps: Label Studio, and the one in memory that quick tests use instead."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import ERASED, PARTICIPANTS, AnnotationBackend, AskedImage, Page, Project, Task
from silverprint.errors import NotAllowedError, UnavailableError, UsageError
from tests.adapters.labelstudio.conftest import CHOICES, PEOPLE, by_image, find, open_project
from tests.helpers.annotator import Annotator
from tests.helpers.memory_backend import MemoryBackend


class Bench(ABC):
    """A backend, three people with accounts there, and what people may do that Silverprint never does."""

    backend: AnnotationBackend
    people: list[Annotator]

    @abstractmethod
    def lose_note(self, project: Project) -> None:
        """Removes what says that a project is the round's."""

    @abstractmethod
    def add_task(self, project: Project, image_id: str | None) -> int:
        """A task that Silverprint did not make; its id."""


@dataclass
class MemoryBench(Bench):
    backend: MemoryBackend
    people: list[Annotator]

    def lose_note(self, project: Project) -> None:
        self.backend.lose_note(project)

    def add_task(self, project: Project, image_id: str | None) -> int:
        return self.backend.add_task(project, image_id)


@dataclass
class StudioBench(Bench):
    backend: Studio
    people: list[Annotator]

    def lose_note(self, project: Project) -> None:
        self.backend._client.projects.update(project.id, description="Round two")

    def add_task(self, project: Project, image_id: str | None) -> int:
        data = {"image": "/data/foreign"} | ({"image_id": image_id} if image_id else {})
        made = self.backend._client.projects.import_tasks(project.id, request=[{"data": data}], return_task_ids=True)
        return int(made.task_ids[0])


@pytest.fixture(params=["memory", pytest.param("labelstudio", marks=pytest.mark.slow)])
def bench(request, tmp_path, monkeypatch) -> Iterator[Bench]:
    if request.param == "labelstudio":
        yield StudioBench(request.getfixturevalue("house"), request.getfixturevalue("persons"))
        return
    monkeypatch.chdir(tmp_path)
    backend = MemoryBackend()
    for name in PEOPLE:
        backend.invite(f"{name}@here", "a password")
    yield MemoryBench(backend, [backend.person(f"{name}@here") for name in PEOPLE])


@pytest.fixture
def backend(bench) -> AnnotationBackend:
    return bench.backend


@pytest.fixture
def people(bench) -> list[Annotator]:
    return bench.people


@pytest.fixture
def project(backend, request) -> Project:
    """A project for this test alone."""
    return open_project(backend, f"{request.node.originalname[:20]}-{uuid4().hex[:8]}")


def tasks(*overlaps: int, predicted: str | None = None) -> list[Task]:
    return [
        Task.single(f"{rank:02d}", f"/data/{rank}", overlap, predicted, 0.5) for rank, overlap in enumerate(overlaps)
    ]


def arguments(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize("kind", [MemoryBackend, Studio])
def test_a_backend_takes_the_arguments_of_the_protocol(kind):
    asked = dict(inspect.getmembers(AnnotationBackend, inspect.isfunction))
    methods = [name for name in asked if not name.startswith("_")]
    assert len(methods) > 15
    for name in methods:
        assert arguments(getattr(kind, name)) == arguments(asked[name]), name


# Projects


def test_a_project_is_found_by_its_campaign_and_round(backend, project):
    assert backend.find_all("tests", project.round) == [project]
    assert project in backend.projects()
    assert backend.find_all("another campaign", project.round) == []
    assert (project.tier, project.queue_sha256, project.votes_sha256) == ("crowd", "a" * 64, None)
    assert project.title.startswith("tests · ")


def test_of_two_projects_for_one_round_the_oldest_comes_first(backend, project):
    younger = open_project(backend, project.round)
    assert younger.id > project.id
    assert backend.find_all("tests", project.round) == [project, younger]
    assert backend.page_url(project.id) != backend.page_url(younger.id)


def test_sealing_a_project_changes_nothing_else_of_it(backend, project):
    backend.seal(project, "c" * 64)
    sealed = find(backend, "tests", project.round)
    assert (sealed.votes_sha256, sealed.queue_sha256, sealed.tier) == ("c" * 64, "a" * 64, "crowd")


def test_a_note_that_somebody_removed_is_written_again(bench, backend, project):
    bench.lose_note(project)
    assert backend.find_all("tests", project.round) == []
    assert backend.is_there(project.id)
    assert backend.retag(project, ()) == project
    assert backend.find_all("tests", project.round) == [project]


def test_a_project_for_something_else_keeps_its_note_and_one_that_is_gone_has_none(backend, project):
    backend.push(project, tasks(1))
    assert backend.retag(project, {"elsewhere"}) is None
    assert backend.retag(project, {"00"}) == project
    backend.delete_project(project)
    assert backend.retag(project, {"00"}) is None


def test_a_deleted_project_is_gone_with_its_tasks(backend, project):
    backend.push(project, tasks(1))
    backend.delete_project(project)
    assert not backend.is_there(project.id)
    assert backend.find_all("tests", project.round) == []
    with pytest.raises(UnavailableError):
        backend.push(project, tasks(1))


def test_a_page_that_somebody_edited_is_restored(backend, project):
    page = Page("Which garment is this?", "Choose one class.\nA <coat> opens in front.", CHOICES)
    assert backend.restore_page(project, page) == []
    other = Page("And this?", page.instructions, ("coat", "unsure"))
    assert backend.restore_page(project, other) != []
    assert backend.restore_page(project, other) == []


def test_a_lease_keeps_others_off_until_it_ends_however_it_ends(backend, project):
    with backend.lease(project), pytest.raises(UnavailableError, match="is being pushed to"), backend.lease(project):
        raise AssertionError("two hold one lease")
    with pytest.raises(ZeroDivisionError), backend.lease(project):
        raise ZeroDivisionError
    with backend.lease(project):
        assert backend.is_there(project.id)


def test_images_below_the_serving_folder_have_an_address(backend, project):
    backend.share(project, Path("var/serving/tests") / project.round)
    names = [Path("var/serving/tests") / project.round / f"{name}.jpg" for name in ("a", "b")]
    assert len({backend.image_url(name) for name in names}) == 2
    with pytest.raises(UsageError, match="only pictures below var/serving"):
        backend.image_url(Path("var/serving/../studio/server.json"))


# Tasks


def test_everybody_is_served_by_rank_until_an_image_has_its_overlap(backend, project, people):
    overlaps = [3, 1, 2, 3, 1, 1, 2]
    backend.push(project, tasks(*overlaps))
    assert list(by_image(backend, project)) == [f"{rank:02d}" for rank in range(7)]
    ada, bo, cyn = people
    assert ada.work(project, limit=3) == ["00", "01", "02"]
    assert bo.work(project) == ["00", "02", "03", "04", "05", "06"]
    assert cyn.work(project) == ["00", "03", "06"]
    assert ada.work(project) == ["03"]
    assert all(person.next(project) is None for person in people)

    counts = dict.fromkeys(by_image(backend, project), 0)
    for annotation in backend.annotations(project):
        counts[annotation.image_id] += 1
    assert list(counts.values()) == overlaps
    progress = backend.progress(project)
    assert (progress.tasks, progress.done, progress.asked, progress.answered) == (7, 7, 13, 13)
    assert progress.surplus == 0
    assert progress.by == {ada.pseudonym: 4, bo.pseudonym: 6, cyn.pseudonym: 3}


def test_an_interrupted_push_is_completed_in_rank_order_and_lowers_no_overlap(backend, project):
    everything = tasks(*[1, 1, 2, 3] * 3, predicted="bag")
    assert backend.push(project, everything[:5]) == 5
    first = by_image(backend, project)
    assert backend.push(project, everything, backend.tasks(project)) == 7
    assert backend.push(project, tasks(*[1] * 12, predicted="bag")) == 0
    assert backend.count_tasks(project) == 12
    there = by_image(backend, project)
    assert [(task.image_id, task.overlap) for task in there.values()] == [
        (task.images[0].image_id, task.overlap) for task in everything
    ]
    assert all(task.predicted for task in there.values())
    assert {name: there[name] for name in first} == first


def test_a_pre_label_that_came_later_is_added(backend, project):
    backend.push(project, tasks(2, 1))
    assert [task.predicted for task in backend.tasks(project)] == [False, False]
    backend.push(project, tasks(2, 2, predicted="bag"))
    assert [(task.predicted, task.overlap) for task in backend.tasks(project)] == [(True, 2), (True, 2)]


def test_more_people_are_asked_about_an_image_that_was_done(backend, project, people):
    backend.push(project, tasks(1))
    ada, bo, cyn = people
    task_id = by_image(backend, project)["00"].task_id
    assert ada.work(project) == ["00"]
    assert bo.next(project) is None
    backend.set_overlap(task_id, 2)
    assert ada.next(project) is None
    assert bo.work(project) == ["00"]
    assert cyn.next(project) is None
    backend.set_overlap(task_id, 3)
    backend.set_overlap(task_id, 2)
    assert cyn.next(project) is None


def test_deleted_tasks_are_asked_no_more(backend, project, people):
    backend.push(project, tasks(1, 1, 1))
    backend.delete_tasks(project, [by_image(backend, project)["01"].task_id])
    backend.delete_tasks(project, [])
    assert list(by_image(backend, project)) == ["00", "02"]
    assert people[0].work(project) == ["00", "02"]


def test_of_unanswered_tasks_only_those_without_an_annotation_are_deleted(backend, project, people):
    backend.push(project, tasks(1, 2, 1))
    ids = [task.task_id for task in backend.tasks(project)]
    people[0].answer(ids[1], "coat")
    assert backend.delete_unanswered(project, []) == set()
    assert backend.delete_unanswered(project, ids[:2]) == {ids[0]}
    assert [task.task_id for task in backend.tasks(project)] == ids[1:]
    assert len(backend.annotations(project)) == 1


# Pages that several images share


@pytest.fixture
def grid(backend, request) -> Project:
    """A project whose pages show several images."""
    return open_project(backend, f"{request.node.originalname[:20]}-{uuid4().hex[:8]}", grid=True)


def sheet(*image_ids: str, overlap: int = 1, predicted: str | None = "bag") -> Task:
    images = tuple(AskedImage(image_id, f"/data/{image_id}", predicted, 0.5) for image_id in image_ids)
    return Task(images, overlap, grid=True)


def test_images_of_a_page_are_served_and_answered_together_and_pushed_once(backend, grid, people):
    everything = [sheet("a", "b", "c"), sheet("d", predicted=None), sheet("e", "f", overlap=2)]
    backend.push(grid, everything[:1])
    backend.push(grid, everything)
    backend.push(grid, everything)
    stored = backend.tasks(grid)
    assert [(task.places, task.overlap, task.predicted) for task in stored] == [
        (("a", "b", "c"), 1, True), (("d",), 1, False), (("e", "f"), 2, True)
    ]  # fmt: skip
    assert [(task.image_id, task.shares_page) for task in stored] == [(None, True), ("d", False), (None, True)]
    ada, bo, cyn = people
    given = ada.answer_page(stored[0].task_id, ["bag", "coat", None])
    assert ada.work(grid) == ["d", "e", "f"]
    assert (bo.work(grid), cyn.work(grid)) == (["e", "f"], [])
    found = [one for one in backend.annotations(grid) if one.annotation_id == given]
    assert [(one.image_id, one.choices, one.shown_prediction) for one in found] == [
        ("a", ("bag",), "bag"), ("b", ("coat",), "bag"), ("c", (), "bag")
    ]  # fmt: skip
    assert {(one.task_id, one.lead_time_s, one.is_own) for one in found} == {(stored[0].task_id, 0.5, True)}
    seen = backend.progress(grid, dict.fromkeys("abcde", 1) | {"f": 2})
    assert (seen.tasks, seen.done, seen.stuck, seen.asked, seen.answered) == (6, 6, 0, 7, 7)
    assert seen.by == {ada.pseudonym: 6, bo.pseudonym: 2}


def test_an_image_may_be_asked_apart_from_its_page_too(backend, grid, people):
    backend.push(grid, [sheet("a", "b"), sheet("a", predicted=None)])
    assert [task.places for task in backend.tasks(grid)] == [("a", "b"), ("a",)]
    people[0].work(grid)
    people[1].answer_page(backend.tasks(grid)[1].task_id, ["coat"])
    assert backend.progress(grid, {"a": 2, "b": 1}).done == 2


def test_an_image_that_is_taken_off_its_page_is_neither_shown_nor_answered_any_more(backend, grid, people):
    backend.push(grid, [sheet("a", "b", "c", overlap=2)])
    (task,) = backend.tasks(grid)
    people[0].answer_page(task.task_id, ["bag", "coat", "dress"])
    backend.take_off_page(task.task_id, {"b"})
    (left,) = backend.tasks(grid)
    assert (left.places, left.image_ids, left.overlap) == (("a", "", "c"), ("a", "c"), 2)
    assert [item["image_id"] for item in people[1].next(grid)["data"]["items"]] == ["a", "", "c"]
    people[1].answer_page(task.task_id, ["bag", "bag", "bag"])  # from a page that was open before
    found = [(one.image_id, one.choices) for one in backend.annotations(grid)]
    assert found == [("a", ("bag",)), ("c", ("dress",)), ("a", ("bag",)), ("c", ("bag",))]
    backend.push(grid, [sheet("a", "c", overlap=3)])
    assert [(task.places, task.overlap) for task in backend.tasks(grid)] == [(("a", "", "c"), 3)]
    assert backend.progress(grid, {"a": 2, "b": 2, "c": 2}).tasks == 2


def test_pre_labels_of_a_page_that_came_later_are_in_their_places(backend, grid, people):
    backend.push(grid, [sheet("a", "b", "c", predicted=None)])
    (task,) = backend.tasks(grid)
    backend.take_off_page(task.task_id, {"a"})
    backend.push(grid, [sheet("b", "c")])
    people[0].answer_page(task.task_id, [None, "bag", "coat"])
    found = [(one.image_id, one.choices, one.shown_prediction) for one in backend.annotations(grid)]
    assert found == [("b", ("bag",), "bag"), ("c", ("coat",), "bag")]


# Annotations


def test_annotations_come_back_as_they_are(backend, project, people):
    backend.push(project, tasks(1, 1, 1, 1, 1))
    ids = [task.task_id for task in backend.tasks(project)]
    ada, bo, _ = people
    given = [
        ada.answer(ids[0], "coat"),
        ada.answer(ids[0], "dress"),  # a second one by the same person
        bo.answer(ids[1], "not a class"),
        bo.answer(ids[2]),  # nothing chosen
        bo.answer(ids[3], "coat", "bag"),
        bo.answer(ids[4], "bag", was_cancelled=True),
    ]
    found = backend.annotations(project)
    assert [annotation.annotation_id for annotation in found] == given == sorted(given)
    assert [annotation.choices for annotation in found] == [
        ("coat",), ("dress",), ("not a class",), (), ("coat", "bag"), ("bag",),
    ]  # fmt: skip
    assert [annotation.skipped for annotation in found] == [False] * 5 + [True]
    assert [annotation.annotator for annotation in found] == [ada.pseudonym] * 2 + [bo.pseudonym] * 4
    assert [annotation.task_id for annotation in found] == [ids[0], *ids]
    assert all(annotation.is_own for annotation in found)
    assert {annotation.lead_time_s for annotation in found} == {1.5}
    assert all(annotation.created_at.endswith("Z") for annotation in found)
    progress = backend.progress(project)
    assert (progress.done, progress.asked, progress.answered) == (5, 5, 5)


def test_an_annotation_names_the_pre_label_that_was_shown(backend, project, people):
    backend.push(project, [*tasks(2, predicted="dress"), Task.single("plain", "/data/plain", 1)])
    people[0].work(project)
    shown = {annotation.image_id: annotation.shown_prediction for annotation in backend.annotations(project)}
    assert shown == {"00": "dress", "plain": None}


def test_an_image_that_somebody_answered_twice_is_stuck_until_more_are_asked(backend, project, people):
    """A backend counts annotations, and serves the image to nobody any more."""
    backend.push(project, tasks(2, 1))
    task_id = by_image(backend, project)["00"].task_id
    for choice in ("coat", "dress"):
        people[0].answer(task_id, choice)
    people[0].work(project)
    seen = backend.progress(project, {"00": 2, "01": 1})
    assert (seen.tasks, seen.done, seen.stuck, seen.answered) == (2, 1, 1, 2)
    assert people[1].next(project) is None
    backend.push(project, tasks(3, 1))
    assert backend.progress(project, {"00": 2, "01": 1}).stuck == 0
    assert people[1].work(project) == ["00"]
    seen = backend.progress(project, {"00": 2, "01": 1})
    assert (seen.done, seen.stuck, seen.by) == (2, 0, {people[0].pseudonym: 2, people[1].pseudonym: 1})


def test_answers_beyond_those_wanted_are_counted(backend, project, people):
    backend.push(project, tasks(1, 2, 1))
    first, second, _ = (task.task_id for task in backend.tasks(project))
    for person in people:
        person.answer(first, "coat")
    people[0].answer(second, "coat")
    seen = backend.progress(project)
    assert (seen.done, seen.answered, seen.surplus) == (1, 2, 2)
    assert backend.progress(project, {"00": 3, "01": -1}).surplus == 1  # one was wanted less: others answered elsewhere


def test_progress_counts_a_person_once_over_all_projects_of_a_round(backend, project, people):
    younger = open_project(backend, project.round)
    for one in (project, younger):
        backend.push(one, tasks(2))
        people[0].work(one)
    people[1].work(younger)
    seen = backend.progress(project, {"00": 2}, [younger])
    assert (seen.tasks, seen.done, seen.answered) == (1, 1, 2)
    assert seen.by == {people[0].pseudonym: 1, people[1].pseudonym: 1}


def test_tasks_of_somebody_else_are_about_no_image_of_ours(bench, backend, project, people):
    backend.push(project, tasks(1))
    people[0].answer(bench.add_task(project, None), "coat")
    people[0].work(project)
    assert [task.image_id for task in backend.tasks(project)] == ["00", None]
    assert sorted(annotation.image_id for annotation in backend.annotations(project)) == ["", "00"]
    assert backend.progress(project, {"00": 1}).tasks == 1
    assert backend.progress(project).tasks == 2


def test_deleted_annotations_are_gone_whoever_deleted_them_first(backend, project, people):
    backend.push(project, tasks(1, 1))
    people[0].work(project)
    first, second = (annotation.annotation_id for annotation in backend.annotations(project))
    backend.delete_annotations([first])
    backend.delete_annotations([first])
    assert [annotation.annotation_id for annotation in backend.annotations(project)] == [second]


# People


def test_people_have_pseudonyms_under_the_servers_name(backend, people):
    known = backend.people()
    assert {person.pseudonym for person in people} < known.keys()
    for pseudonym in known:
        server, _, number = pseudonym.rpartition("-")
        assert (server, number.isdigit()) == (backend.server, True)


def is_served(person: Annotator, project: Project) -> bool:
    try:
        return person.next(project) is not None
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in (401, 403):
            raise
        return False


def test_who_is_shut_out_is_served_nothing_until_let_in_again(backend, people, project):
    backend.push(project, tasks(2))
    ada, bo, _ = people
    assert backend.set_open(ada.pseudonym, False)
    assert (is_served(ada, project), is_served(bo, project)) == (False, True)
    assert backend.set_open(ada.pseudonym, True)
    assert is_served(ada, project)


def test_an_erased_person_has_a_pseudonym_and_no_address(backend):
    email = f"{uuid4().hex[:8]}@example.org"
    backend.invite(email, "a password of theirs")
    pseudonym = next(who for who, known in backend.people().items() if known == email)
    assert backend.erase(pseudonym)
    assert backend.people()[pseudonym] == f"{pseudonym}{ERASED}"
    backend.invite(email, "a password of theirs")  # the address is free, and another person has it now
    assert sum(known == email for known in backend.people().values()) == 1


def test_an_invited_person_counts_and_the_administrator_does_not(backend):
    assert backend.annotators() == len(backend.people()) - 1
    email = f"{uuid4().hex[:8]}@example.org"
    backend.invite(email, "a password of theirs")
    assert email in backend.people().values()
    assert backend.annotators() == len(backend.people()) - 1
    with pytest.raises(UnavailableError, match=f"did not take the account {email}"):
        backend.invite(email, "a password of theirs")


def test_a_participant_has_one_account_however_often_they_come(backend, project):
    before, key = backend.annotators(), f"label-{uuid4().hex[:8]}-1.0a"
    links = [backend.let_in(key, project) for _ in range(2)]
    assert all(link is not None and link.startswith(backend.url) for link in links)
    assert list(backend.people().values()).count(f"{key}{PARTICIPANTS}") == 1
    assert backend.annotators() == before + 1


def test_a_participant_who_was_shut_out_is_let_in_no_more(backend, project):
    key = f"label-{uuid4().hex[:8]}-1.0a"
    backend.let_in(key, project)
    who = next(who for who, email in backend.people().items() if email == f"{key}{PARTICIPANTS}")
    backend.set_open(who, False)
    with pytest.raises(NotAllowedError, match="shut"):
        backend.let_in(key, project)
