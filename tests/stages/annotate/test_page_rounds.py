"""A round whose pictures share pages, on the backend in memory: what holds for a picture of its own holds for each."""

import polars as pl
import pytest

from silverprint import annotation_registry, layout
from silverprint.campaign import ledgers
from silverprint.cli import main
from silverprint.records import ASKS, QUEUE, QUEUE_OPTIONAL, conform
from silverprint.store import tables
from tests.helpers.studio_machine import ROUND, picture_id
from tests.stages.annotate.conftest import CAMPAIGN, project_of

SHOWN = "coat"


@pytest.fixture
def grid(here):
    """A checkout whose first pictures share one page, pre-set; two more have a page of their own."""

    def made(shared: int, overlap: int = 1):
        found = here(*[overlap] * (shared + 2))
        found.share_page(shared, SHOWN)
        return found

    return made


def page_of(backend):
    return next(task for task in backend.tasks(project_of(backend)) if task.shares_page)


def shown_to(person, backend) -> list[list[str]]:
    """What a person is served until nothing is left, answering as shown; the image_ids of each task."""
    found = []
    while (task := person.next(project_of(backend))) is not None:
        found.append([item["image_id"] for item in task["data"]["items"]])
        person.answer_page(task["id"], [SHOWN] * len(found[-1]))
    return found


def standing(machine) -> dict[tuple[str, str], str]:
    """The choices that count, by picture and annotator."""
    valid = machine.votes().filter(status="valid")
    return {(image, who): said for image, who, said in valid.select("image_id", "annotator", "choice").iter_rows()}


def pictures(*numbers: int) -> list[str]:
    return [picture_id(number) for number in numbers]


@pytest.mark.slow
def test_a_page_is_asked_once_answered_at_once_and_closed(grid, backend, people):
    machine = grid(4)
    assert "0 of 6 pictures done, 0 of 6 votes" in machine.expect(75)
    project = project_of(backend)
    assert backend.pages[project.id].grid
    assert [task.places for task in backend.tasks(project)] == [
        tuple(pictures(0, 1, 2, 3)), (picture_id(4),), (picture_id(5),)
    ]  # fmt: skip
    before = backend.tasks(project)
    machine.expect(75)
    assert backend.tasks(project) == before
    people[0].answer_page(before[0].task_id, [SHOWN, "bag", SHOWN, "unsure"])
    assert "4 of 6 pictures done, 4 of 6 votes" in machine.expect(75)
    assert shown_to(people[1], backend) == [pictures(4), pictures(5)]
    assert "r01 is closed: 6 votes" in machine.expect(0)
    votes = {row["image_id"]: row for row in machine.votes().to_dicts()}
    first, second, _, fourth = (votes[image_id] for image_id in pictures(0, 1, 2, 3))
    # Left as shown, changed, and abstained from; those of a page of their own were shown nothing.
    assert [(row["choice"], row["shown_prediction"], row["status"]) for row in (first, second, fourth)] == [
        (SHOWN, SHOWN, "valid"), ("bag", SHOWN, "valid"), ("unsure", SHOWN, "unsure")
    ]  # fmt: skip
    assert votes[picture_id(4)]["shown_prediction"] is None
    assert (first["annotation_id"], first["lead_time_s"]) == (second["annotation_id"], 1.5 / 4)


@pytest.mark.slow
def test_two_annotators_of_a_page_have_a_vote_each_on_every_picture(grid, backend, people):
    machine = grid(3, overlap=2)
    machine.expect(75)
    assert shown_to(people[0], backend) == shown_to(people[1], backend)
    assert shown_to(people[2], backend) == []
    machine.expect(0)
    assert len(standing(machine)) == 10


@pytest.mark.slow
def test_what_was_left_empty_is_asked_alone_unprompted_and_of_the_same_people_too(grid, backend, people):
    machine = grid(4)
    machine.expect(75)
    ada, bo, _ = people
    ada.answer_page(page_of(backend).task_id, [SHOWN, None, SHOWN, SHOWN])
    assert "1 of 4 votes do not count: empty 1" in machine.expect(75)
    assert sum(map(len, [backend.annotations(project_of(backend))])) == 4  # the others' answers stay on the server
    assert shown_to(bo, backend)[-1] == pictures(1)
    machine.expect(0)
    votes = machine.votes().filter(image_id=picture_id(1)).sort("status")
    assert votes["status"].to_list() == ["empty", "valid"]
    assert votes["shown_prediction"].to_list() == [SHOWN, None]
    assert len(standing(machine)) == 6


@pytest.mark.slow
def test_a_page_that_nobody_chose_anything_on_is_asked_again(grid, backend, people):
    machine = grid(3)
    machine.expect(75)
    people[0].answer_page(page_of(backend).task_id, [None] * 3)
    assert "3 of them are taken off" in machine.expect(75)
    assert shown_to(people[0], backend) == [pictures(0, 1, 2), pictures(3), pictures(4)]
    machine.expect(0)


@pytest.mark.slow
def test_a_withdrawn_picture_leaves_its_page_and_the_others_stay_answered(grid, backend, people):
    machine = grid(3, overlap=2)
    machine.expect(75)
    people[0].answer_page(page_of(backend).task_id, [SHOWN, "bag", SHOWN])
    machine.expect(75)
    machine.take_down(picture_id(1))
    machine.expect(75)
    assert page_of(backend).places == (picture_id(0), "", picture_id(2))
    assert not (layout.SERVING / CAMPAIGN / ROUND / f"{picture_id(1)}.jpg").exists()
    late = people[1].answer_page(page_of(backend).task_id, [SHOWN] * 3)  # from a page that was open before
    shown_to(people[0], backend), shown_to(people[1], backend)
    machine.expect(0)
    votes = machine.votes()
    assert votes.filter(image_id=picture_id(1))["status"].to_list() == ["withdrawn"]
    assert votes.filter(annotation_id=late)["status"].to_list() == ["valid", "valid"]
    assert len(standing(machine)) == 8


@pytest.mark.slow
def test_a_page_whose_pictures_are_all_withdrawn_is_gone(grid, backend):
    machine = grid(2)
    machine.expect(75)
    machine.take_down(*pictures(0, 1))
    machine.expect(75)
    assert [task.image_id for task in backend.tasks(project_of(backend))] == pictures(2, 3)


@pytest.mark.slow
def test_what_is_left_of_a_page_has_one_of_its_own(grid, backend, people):
    machine = grid(2)
    machine.expect(75)
    machine.take_down(picture_id(0))
    machine.expect(75)
    assert all(not task.shares_page for task in backend.tasks(project_of(backend)))
    assert sorted(shown_to(people[0], backend)) == sorted([pictures(1), pictures(2), pictures(3)])
    machine.expect(0)


@pytest.mark.slow
def test_a_deleted_page_is_asked_again_and_a_changed_one_counts_as_it_is(grid, backend, people):
    machine = grid(3, overlap=2)
    machine.expect(75)
    ada, bo, cyn = people
    shown_to(ada, backend)
    changed = bo.answer_page(page_of(backend).task_id, [SHOWN] * 3)
    machine.expect(75)
    backend.correct(changed, {picture_id(2): "bag"})
    (gone,) = {one.annotation_id for one in backend.annotations(project_of(backend)) if one.annotator == ada.pseudonym
               and one.image_id == picture_id(0)}  # fmt: skip
    backend.delete_annotations([gone])
    assert "3 votes were deleted" in machine.expect(75)
    assert shown_to(cyn, backend)[0] == pictures(0, 1, 2)
    shown_to(bo, backend)
    machine.expect(0)
    votes = machine.votes()
    assert votes.filter(annotation_id=gone)["status"].to_list() == ["deleted"] * 3
    of_bo = votes.filter(annotation_id=changed).sort("image_id", "choice").select("image_id", "choice", "status")
    assert sorted(of_bo.rows()) == sorted(
        [(picture_id(0), SHOWN, "valid"), (picture_id(1), SHOWN, "valid"), (picture_id(2), "bag", "valid"),
         (picture_id(2), SHOWN, "superseded")]
    )  # fmt: skip


@pytest.mark.slow
def test_some_pictures_of_a_page_are_asked_again_alone_and_all_of_them_together(grid, backend, people):
    machine = grid(4)
    machine.expect(75)
    shown_to(people[0], backend)
    machine.expect(0)
    rows = pl.DataFrame({"image_id": pictures(0), "extra": [1], "reason": ["split"], "asked_at": ["2026-01-01"]})
    tables.write_ledger(conform(rows, ASKS), layout.asks(ROUND), ASKS, ["asked_at", "image_id"])
    machine.expect(75)
    assert shown_to(people[1], backend) == [pictures(0)]
    machine.expect(0)
    machine.ask_more(1)
    machine.expect(75)
    assert shown_to(people[2], backend)[0] == pictures(0, 1, 2, 3)
    machine.expect(75 if people[1].next(project_of(backend)) else 0)


@pytest.mark.slow
def test_a_page_that_was_made_twice_is_asked_once_and_every_answer_counts(grid, backend, people):
    machine = grid(3, overlap=2)
    machine.expect(75)
    project, first = project_of(backend), page_of(backend)
    double = backend.copy_task(first.task_id)
    spare = backend.copy_task(first.task_id)
    people[0].answer_page(first.task_id, [SHOWN] * 3)
    people[1].answer_page(double, ["bag"] * 3)
    assert "2 tasks asked about a picture a second time: 1 unanswered ones are removed, 1 answered" in machine.expect(
        75
    )
    assert spare not in {task.task_id for task in backend.tasks(project)}
    assert shown_to(people[2], backend) == [pictures(3), pictures(4)]
    shown_to(people[0], backend)
    machine.expect(0)
    assert len(standing(machine)) == 10


@pytest.mark.slow
def test_kill_between_push_and_pull_loses_nothing_and_asks_nothing_twice(grid, backend, people, monkeypatch):
    machine = grid(3)
    push, pull = backend.push, backend.annotations

    def killed(*_):
        raise KeyboardInterrupt

    def cut_short(project, tasks, there):
        push(project, tasks[:1], there)
        raise KeyboardInterrupt

    monkeypatch.setattr(backend, "push", cut_short)
    assert machine.annotate()[0] == 130
    monkeypatch.setattr(backend, "push", push)
    people[0].answer_page(page_of(backend).task_id, ["bag"] * 3)
    monkeypatch.setattr(backend, "annotations", killed)
    assert machine.annotate()[0] == 130
    monkeypatch.setattr(backend, "annotations", pull)
    machine.expect(75)
    assert len(backend.tasks(project_of(backend))) == 3
    shown_to(people[1], backend)
    machine.expect(0)
    assert sorted(standing(machine).values()) == ["bag"] * 3 + [SHOWN] * 2


@pytest.mark.slow
def test_a_page_that_comes_late_is_told_and_pulled(grid, backend, people, capsys):
    machine = grid(3, overlap=2)
    machine.expect(75)
    shown_to(people[0], backend)
    assert main(["round", "close", ROUND, "--early", "--why", "too slow"]) == 0
    assert "r01 is closed: 5 votes" in machine.expect(0)
    assert people[1].next(project_of(backend)) is None
    people[1].answer_page(page_of(backend).task_id, [SHOWN] * 3)
    assert main(["round", "late", ROUND, "--why", "bo was late"]) == 0
    assert "3 answers came after it was closed" in capsys.readouterr().err
    assert "r01 is closed: 8 votes" in machine.expect(0)


@pytest.mark.slow
def test_lost_votes_of_pages_come_back_byte_for_byte(grid, backend, people, monkeypatch):
    machine = grid(3)
    machine.expect(75)
    shown_to(people[0], backend)
    machine.expect(0)
    path = machine.folder / layout.votes(ROUND)
    before = path.read_bytes()
    path.unlink()
    machine.expect(0)
    assert path.read_bytes() == before
    monkeypatch.setattr(annotation_registry, "connect", None)
    assert "its votes stay as they are" in machine.expect(0)


def test_a_queue_without_pages_is_written_as_before(grid):
    grid(3)
    queue = ledgers.queue(ROUND)
    assert "page" in ledgers.queue_bytes(queue).decode().partition("\n")[0]
    alone = ledgers.queue_bytes(queue.with_columns(page=None)).decode().partition("\n")[0]
    assert alone.split(",") == [name for name in QUEUE if name not in QUEUE_OPTIONAL]
