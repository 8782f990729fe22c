"""A round against a real Label Studio, from machines that share it: nobody is asked twice, no answer is lost."""

import itertools
import json
import signal
import threading
from collections.abc import Callable
from uuid import uuid4

import httpx
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.adapters.labelstudio import label_config
from silverprint.annotation_backend import Page
from silverprint.campaign import label_evidence, ledgers
from silverprint.core.votes import vote_ledger
from tests.adapters.labelstudio.conftest import by_image, find
from tests.helpers import studio_machine as machine
from tests.helpers.studio_machine import ROUND, Machine, picture_id, tasks_of

pytestmark = pytest.mark.slow


@pytest.fixture
def campaign() -> str:
    return f"round-{uuid4().hex[:8]}"


@pytest.fixture
def machines(house, running, campaign, tmp_path) -> Callable[..., Machine]:
    """Makes a machine on the session's server; `url` where it reaches that by another way."""
    count = itertools.count(1)

    def made(*overlaps: int, url: str | None = None) -> Machine:
        token = json.loads((running / "var/studio/server.json").read_text())["token"]
        folder = tmp_path / f"machine{next(count)}"
        folder.mkdir()
        found = machine.make(folder, house, running / layout.SERVING, token, campaign, list(overlaps))
        found.url = url or found.url
        return found

    return made


def project_of(house, campaign):
    return find(house, campaign, ROUND)


def once(count: int) -> dict[str, int]:
    return {picture_id(number): 1 for number in range(count)}


def test_a_reopened_round_shows_its_pictures_whatever_the_campaign_is_called_by_then(
    house, campaign, machines, persons, running
):
    here = machines(1, 1)
    here.expect(75)
    assert len(persons[0].work(project_of(house, campaign))) == 2
    assert "r01 is closed: 2 votes" in here.expect(0)
    folder = running / layout.SERVING / campaign / ROUND
    assert not folder.exists()

    here.ask_more(1)
    here.rename("another-name")
    here.expect(75)
    assert sorted(path.stem for path in folder.iterdir()) == sorted(once(2))
    task = persons[1].next(project_of(house, campaign))
    assert persons[1].http.get(task["data"]["image"]).headers["content-type"] == "image/jpeg"
    for path in folder.iterdir():
        path.unlink()  # caches may go at any time
    here.expect(75)
    assert persons[1].http.get(task["data"]["image"]).is_success
    assert len(persons[1].work(project_of(house, campaign))) == 2
    here.expect(0)
    assert here.votes()["annotator"].n_unique() == 2
    assert not folder.exists()


def test_labels_in_doubt_are_asked_about_again_of_others_until_they_are_sure(
    house, campaign, machines, persons, monkeypatch
):
    here = machines(*[1] * 12)
    here.ask_until_sure(12, most=3, until=0.9)
    right = {picture_id(number): ("coat", "bag", "dress")[number % 3] for number in range(12)}
    code, _ = here.annotate()
    for _ in range(3):
        assert code == 75
        for person in persons:
            while (task := person.next(project_of(house, campaign))) is not None:
                asked = task["data"]["image_id"]
                wrong = person is persons[0] and asked in [picture_id(number) for number in range(3)]
                person.answer(task["id"], "shirt" if wrong else right[asked])
        code, said = here.annotate()
        if code == 0:
            break
    assert "sequential overlap took" in said
    votes, asks = here.votes(), ledgers.read(here.folder / layout.asks(ROUND))
    assert votes.select("image_id", "annotator").is_unique().all()  # nobody is asked twice
    assert votes.height == 12 + asks["extra"].sum()  # and no vote is lost
    assert tasks_of(house, campaign) == once(12)
    monkeypatch.chdir(here.folder)
    labels = label_evidence.labels_so_far(config.load(), ROUND)
    assert ((labels["confidence"] >= 0.9) | (labels["n_votes"] == 3)).all()
    in_doubt = labels.filter(pl.col("image_id").is_in([picture_id(number) for number in range(3)]))
    assert in_doubt["n_votes"].to_list() == [3] * 3  # two people contradict each other


def test_two_machines_that_open_a_round_at_once_ask_every_picture_once(house, campaign, machines, persons):
    both = [machines(*[1] * 6, *[2] * 4) for _ in range(2)]
    started = [one.start() for one in both]
    ended = [(process.communicate(timeout=300)[0], process.returncode) for process in started]
    assert {code for _, code in ended} <= {75, 69}, ended
    for said, code in ended:
        if code == 69:
            assert "is being pushed to" in said
            assert "since 20" in said
    assert 75 in {code for _, code in ended}, ended
    for one in both:
        one.expect(75)
    assert tasks_of(house, campaign) == once(10)
    assert len(house.find_all(campaign, ROUND)) == 1
    for one in persons:
        one.work(project_of(house, campaign))
    for one in both:
        one.expect(0)
        assert one.votes().height == 6 + 2 * 4


def test_a_second_machine_is_kept_off_while_the_first_pushes_and_takes_over_once_it_is_gone(house, campaign, machines):
    held, freed = threading.Event(), threading.Event()
    with machine.slow(house.url, held, freed) as url:
        first, second = machines(1, 1, 1, url=url), machines(1, 1, 1)
        pushing = first.start()
        assert held.wait(120)
        said = second.expect(69)
        assert f"(process {pushing.pid})" in said
        assert "since 20" in said
        pushing.send_signal(signal.SIGKILL)
        pushing.communicate()
        said = second.expect(75)
        assert "is gone: taken over here" in said
        freed.set()
    await_that(lambda: sum(tasks_of(house, campaign).values()) == 6)
    said = second.expect(75)
    assert "3 tasks asked about a picture a second time: 3 unanswered ones are removed" in said
    assert tasks_of(house, campaign) == once(3)


def await_that(condition, seconds: float = 60) -> None:
    over = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if condition():
            return
        over.wait(0.1)
    raise AssertionError("not in time")


def test_answered_doubles_and_a_younger_project_lose_no_answer(house, campaign, machines, persons):
    here = machines(1, 2, 2)
    here.expect(75)
    project = project_of(house, campaign)
    tag = (campaign, ROUND, "crowd", here.state()["queue_sha256"], "the same again", Page("?", "", ("coat",)))
    younger, empty = house.open(*tag), house.open(*tag)
    data = [{"data": {"image": "/x", "image_id": picture_id(number)}} for number in range(3)]
    house._client.projects.import_tasks(project.id, request=data)
    house._client.projects.import_tasks(younger.id, request=data)
    by_id = [task for task in house.tasks(project) if task.image_id == picture_id(1)]
    persons[0].answer(by_id[0].task_id, "coat")
    persons[1].answer(by_id[1].task_id, "bag")  # an answered double
    third = next(task for task in house.tasks(younger) if task.image_id == picture_id(2))
    persons[2].answer(third.task_id, "dress")
    said = here.expect(75)
    assert f"project {younger.id} asked the same" in said
    assert "2 tasks asked about a picture a second time: 2 unanswered ones are removed" in said
    assert here.votes().sort("created_at")["choice"].to_list() == ["coat", "bag", "dress"]
    assert empty.id not in {one.id for one in house.find_all(campaign, ROUND)}
    assert persons[0].work(project) == [picture_id(0), picture_id(2)]
    assert [persons[n].next(one) for n in range(3) for one in (project, younger)] == [None] * 6
    said = here.expect(0)
    assert ("a second time" in said, "asked the same" in said) == (False, False)
    assert here.votes().height == 5


def test_what_sync_makes_is_ours_and_asked_once_and_strange_tasks_are_told(house, campaign, machines, persons):
    here = machines(1, 2)
    here.expect(75)
    project = project_of(house, campaign)
    storage = house._client.import_storage.local.list(project=project.id)[0]
    house._client.import_storage.local.sync(id=storage.id)
    assert len(house.tasks(project)) == 2  # our own storage gives it nothing
    house._client.import_storage.local.update(id=storage.id, path=storage.path, regex_filter=".*")
    house._client.import_storage.local.sync(id=storage.id)
    made = house.tasks(project)
    assert [task.image_id for task in made[2:]] == sorted(once(2), key=[task.image_id for task in made[2:]].index)
    persons[0].answer(next(task.task_id for task in made[2:] if task.image_id == picture_id(1)), "coat")
    house._client.projects.import_tasks(project.id, request=[{"data": {"image": "/data/strange"}}])
    persons[1].answer(house.tasks(project)[-1].task_id, "bag")
    said = here.expect(75)
    assert "1 answers are on tasks of the project that are not of this round" in said
    assert here.votes()["choice"].to_list() == ["coat"]
    assert tasks_of(house, campaign) == {**once(2), None: 1}
    assert house._client.import_storage.local.list(project=project.id)[0].regex_filter == "^$"


def test_an_edited_configuration_is_put_right_and_what_it_brought_is_asked_again(house, campaign, machines, persons):
    here = machines(1, 1, 1)
    here.expect(75)
    project = project_of(house, campaign)
    config = house._client.projects.get(id=project.id).label_config
    edited = config.replace('value="coat"', 'value="Coat"').replace("single-radio", "multiple")
    house._client.projects.update(project.id, label_config=edited, maximum_annotations=3, show_skip_button=True)
    ids = [by_image(house, project)[picture_id(number)].task_id for number in range(3)]
    persons[0].answer(ids[0], "Coat")
    persons[0].answer(ids[1], "dress", "bag")
    persons[0].answer(ids[2], "bag")
    said = here.expect(75)
    assert "put right: label_config, maximum_annotations, show_skip_button" in said
    assert "2 of 3 votes do not count: empty 1, unknown-class 1" in said
    assert "1 of 3 pictures done" in said
    assert house._client.projects.get(id=project.id).label_config == config
    assert sorted(persons[0].work(project)) == sorted([picture_id(0), picture_id(1)])
    said = here.expect(0)
    assert "2 of 5 votes do not count: superseded 2" in said  # by the same person's answers
    assert here.votes().filter(status="valid").height == 3


def test_a_vote_in_another_s_name_does_not_count_and_a_changed_one_stays(house, campaign, machines, persons):
    here = machines(1, 1, 1)
    here.expect(75)
    project = project_of(house, campaign)
    ids = [by_image(house, project)[picture_id(number)].task_id for number in range(3)]
    ada, bo, cyn = persons
    number = int(ada.pseudonym.split("-")[1])
    mine = ada.answer(ids[0], "coat")
    bo.answer(ids[1], "bag", completed_by=number)
    here.expect(75)
    headers = {"X-CSRFToken": bo.http.cookies["csrftoken"], "Referer": str(bo.http.base_url)}
    changed = {"result": label_config.result("bag")}
    bo.http.patch(f"/api/annotations/{mine}/", json=changed, headers=headers).raise_for_status()
    taken = cyn.answer(ids[2], "dress")
    here.expect(75)
    bo.http.delete(f"/api/annotations/{taken}/", headers=headers).raise_for_status()
    said = here.expect(75)
    assert (
        f"1 answers on {house.url} were given or changed in another's name: 1 of {ada.pseudonym} by {bo.pseudonym}"
        in said
    )
    assert f"1 votes were deleted on {house.url} since the last pull (of {cyn.pseudonym} 1)" in said
    assert "3 of 4 votes do not count: deleted 1, in-another-name 2" in said
    rows = {(row["image_id"], row["choice"]): row["status"] for row in here.votes().to_dicts()}
    assert rows == {
        (picture_id(0), "coat"): "valid",
        (picture_id(0), "bag"): vote_ledger.IN_ANOTHER_NAME,
        (picture_id(1), "bag"): vote_ledger.IN_ANOTHER_NAME,
        (picture_id(2), "dress"): "deleted",
    }
    assert ada.work(project) == [picture_id(1), picture_id(2)]
    here.expect(0)


def test_withdrawing_takes_every_task_of_a_picture(house, campaign, machines, persons):
    here = machines(1, 1)
    here.expect(75)
    project = project_of(house, campaign)
    data = [{"data": {"image": "/x", "image_id": picture_id(0)}}]
    house._client.projects.import_tasks(project.id, request=data)
    for task in [task for task in house.tasks(project) if task.image_id == picture_id(0)]:
        persons[0].answer(task.task_id, "coat")
    path = here.folder / layout.TAKEDOWNS
    path.write_text(path.read_text() + f"{picture_id(0)},image,{picture_id(0)},asked,2026-01-01\n")
    here.expect(75)
    assert set(tasks_of(house, campaign)) == {picture_id(1)}
    assert here.votes().height == 2


def test_a_page_survives_a_kill_an_empty_answer_and_a_withdrawal(house, campaign, machines, persons):
    held, freed = threading.Event(), threading.Event()
    with machine.slow(house.url, held, freed) as proxy:
        here = machines(*[1] * 6, url=proxy)
        here.share_page(4, "coat")
        process = here.start()
        assert held.wait(120)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        here.url = house.url
        here.expect(75)
        freed.set()
    await_that(lambda: len(house.tasks(project_of(house, campaign))) == 6)
    assert "3 tasks asked about a picture a second time: 3 unanswered ones are removed" in here.expect(75)
    project, pictures = project_of(house, campaign), [picture_id(number) for number in range(6)]
    (page,) = (task for task in house.tasks(project) if task.shares_page)
    assert (page.places, page.predicted, len(house.tasks(project))) == (tuple(pictures[:4]), True, 3)
    ada, bo, _ = persons
    ada.answer_page(page.task_id, ["coat", "bag", None, "coat"])
    assert "are put right" not in here.expect(75)
    other = label_config.settings(Page("And this?", "", ("coat", "bag"), grid=True))["label_config"]
    house._client.projects.update(project.id, label_config=other)
    assert "are put right: label_config" in here.expect(75)
    here.take_down(pictures[0])
    here.expect(75)
    assert pictures[0] not in str(house._client.tasks.get(id=str(page.task_id)).data)
    assert sorted(bo.work(project)) == sorted([pictures[2], *pictures[4:]])
    here.expect(0)
    votes = here.votes()
    found = {(row["image_id"], row["choice"], row["shown_prediction"], row["status"]) for row in votes.to_dicts()}
    assert found == {
        (pictures[0], "coat", "coat", "withdrawn"), (pictures[1], "bag", "coat", "valid"),
        (pictures[2], "", "coat", "empty"), (pictures[2], "coat", None, "valid"),
        (pictures[3], "coat", "coat", "valid"),
        (pictures[4], "coat", None, "valid"), (pictures[5], "coat", None, "valid"),
    }  # fmt: skip


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::2]"])
def test_a_foreign_host_is_refused(house, host):
    assert httpx.get(f"{house.url}/user/login/", headers={"Host": host}, trust_env=False).status_code == 400
    known = httpx.get(f"{house.url}/user/login/", headers={"Host": "localhost:1234"}, trust_env=False)
    assert known.status_code == 200


def test_pages_of_other_origins_may_read_nothing(house):
    answer = httpx.get(f"{house.url}/api/version", headers={"Origin": "https://evil.example"}, trust_env=False)
    assert answer.is_success
    assert "access-control-allow-origin" not in answer.headers
