"""What only Label Studio does, against a real one, with people who sign in."""

import io
import json
from pathlib import Path

import httpx
import pytest
from label_studio_sdk.core.api_error import ApiError
from PIL import Image

from silverprint import config
from silverprint.adapters.labelstudio import Studio, credentials, project_tag, sdk, task_import, task_list
from silverprint.adapters.labelstudio.inside_server import overlap_import
from silverprint.adapters.labelstudio.inside_server import task_list as address_of_list
from silverprint.annotation_backend import Task
from silverprint.commands import people
from silverprint.errors import ConfigError, DataError, NotAllowedError, UsageError
from tests.adapters.labelstudio.conftest import PEOPLE, ROOT, by_image, find, open_project

pytestmark = pytest.mark.slow


def tasks(*overlaps: int, predicted: str | None = None) -> list[Task]:
    return [
        Task.single(f"{rank:02d}", f"/data/{rank}", overlap, predicted, 0.5) for rank, overlap in enumerate(overlaps)
    ]


@pytest.mark.parametrize("change", [{"round": "r02"}, {"queue_sha256": "deadbeef"}, {"queue_sha256": 5}, {"tier": []}])
def test_a_tag_that_somebody_edited_is_put_right_where_the_project_asks_about_our_pictures(house, opened, change):
    house.push(opened, tasks(1, 1))
    line = json.dumps(json.loads(project_tag.describe(opened).splitlines()[-1]) | change)
    house._client.projects.update(opened.id, description=f"Hello\n{line}")
    assert opened not in house.projects()
    assert house.retag(opened, {"01"}) == opened
    assert find(house, "tests", opened.round) == opened


def test_the_server_has_one_name_under_every_address(house, monkeypatch):
    assert len(house.server) == 8
    assert house.local
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", credentials.find().token)
    assert Studio.connect().local
    monkeypatch.setenv("LABEL_STUDIO_URL", house.url.replace("127.0.0.1", "localhost") + "/")
    again = Studio.connect()
    assert again.server == house.server
    assert not again.local  # named by an address: its disk need not be ours


@pytest.mark.parametrize("ours", [True, False])
def test_a_push_of_several_requests_is_completed_in_rank_order(house, opened, monkeypatch, ours):
    monkeypatch.setattr(task_import, "_BATCH", 3)
    if ours:
        monkeypatch.setattr(type(house._client.tasks), "create", None)  # no task is made by itself
    else:
        monkeypatch.setattr(overlap_import, "ADDRESS", "api/projects/{}/not-there")
    everything = tasks(*[1, 1, 1, 1, 2, 3] * 4, predicted="bag")
    house.push(opened, everything[:10])
    first = by_image(house, opened)
    house.push(opened, everything)
    house.push(opened, everything)
    there = by_image(house, opened)
    assert list(there) == [task.images[0].image_id for task in everything]
    assert [there[task.images[0].image_id].overlap for task in everything] == [task.overlap for task in everything]
    assert all(pushed.predicted for pushed in there.values())
    assert {name: there[name] for name in first} == first


@pytest.mark.parametrize("overlap", [0, -1, 1.5, True, "2", None])
def test_an_overlap_that_is_no_number_of_people_makes_no_task(house, opened, overlap):
    address = overlap_import.ADDRESS.format(opened.id)
    fine = {"data": {"image": "/data/1"}, "overlap": 2}
    with pytest.raises(ApiError, match="1 or more") as refused:
        sdk.post(house._client, address, [fine, {**fine, "overlap": overlap}])
    assert refused.value.status_code == 400
    assert house.count_tasks(opened) == 0


def test_a_push_that_was_killed_before_its_pre_labels_is_completed(house, opened, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(task_import, "_predict", lambda *_: None)
        patch.setattr(sdk, "has", lambda *_: False)
        house.push(opened, tasks(2, 1, predicted="bag"))
    assert [pushed.predicted for pushed in by_image(house, opened).values()] == [False, True]
    house.push(opened, tasks(2, 2, predicted="bag"))
    assert [(pushed.predicted, pushed.overlap) for pushed in by_image(house, opened).values()] == [(True, 2), (True, 2)]


def test_a_pre_label_is_selected_in_the_page(house, opened, persons):
    house.push(opened, tasks(2, predicted="dress"))
    task = persons[0].next(opened)
    assert task["predictions"][0]["result"][0]["value"]["choices"] == ["dress"]
    assert task["predictions"][0]["score"] == 0.5


def test_our_address_lists_the_tasks_as_label_studios_pages_do(house, opened, persons, monkeypatch):
    house.push(opened, tasks(2, 1, 3, 1, predicted="bag"))
    there = by_image(house, opened)
    for one in persons[:2]:
        one.answer(there["00"].task_id, "coat")
    persons[0].answer(there["02"].task_id, "dress", was_cancelled=True)
    ours = task_list.read(house._client, opened.id)
    assert [(len(task.annotators), task.annotations, task.overlap) for task in ours] == [
        (2, 2, 2),
        (0, 0, 1),
        (1, 1, 3),
        (0, 0, 1),
    ]
    monkeypatch.setattr(address_of_list, "ADDRESS", "api/projects/{}/not-there")
    assert task_list.read(house._client, opened.id) == ours


def test_the_list_of_tasks_is_for_those_who_signed_in(house, opened, persons):
    address = f"{house.url}/{address_of_list.ADDRESS.format(opened.id)}"
    assert httpx.get(address).status_code in (401, 403)
    assert persons[0].http.get(f"/{address_of_list.ADDRESS.format(opened.id + 1000)}").status_code == 404


def test_progress_counts_people_where_the_servers_counter_is_short(house, opened, persons):
    """Two answers at the same moment leave Label Studio's own counter one short: a round waited for ever on it."""
    house.push(opened, tasks(2))
    task_id = by_image(house, opened)["00"].task_id
    for one in persons[:2]:
        one.answer(task_id, "coat")
    house._client.tasks.update(id=str(task_id), total_annotations=1, is_labeled=False)
    assert house._client.tasks.get(id=str(task_id)).total_annotations == 1
    assert (house.progress(opened).done, house.progress(opened).answered) == (1, 2)


def test_a_picture_below_the_serving_folder_is_served_to_people_only(house, opened, persons):
    picture = Path("var/serving/tests") / opened.round / "ü 1.png"
    Image.new("RGB", (4, 3), "red").save(picture)
    address = Studio.image_url(picture)
    answer = persons[0].http.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (4, 3)
    persons[0].http.cookies.clear()
    assert persons[0].http.get(address).status_code in (302, 401, 403)


def test_a_picture_elsewhere_is_not(house, opened, persons):
    with pytest.raises(UsageError, match="only pictures below var/serving"):
        Studio.image_url(Path("var/serving/../studio/server.json"))
    assert persons[0].http.get("/data/local-files/?d=../studio/server.json").is_error


def test_pictures_elsewhere_need_no_storage_here(house, request, persons, monkeypatch):
    monkeypatch.setenv("SILVERPRINT_MEDIA_URL", "https://media.example.org/pictures/")
    project = open_project(house, request.node.name)
    assert list(house._client.import_storage.local.list(project=project.id)) == []
    address = Studio.image_url(Path("var/serving/tests/a b.jpg"))
    house.push(project, [Task.single("00", address, 1)])
    assert persons[0].next(project)["data"]["image"] == "https://media.example.org/pictures/tests/a%20b.jpg"


def test_a_folder_is_shared_once_and_only_from_a_disk_that_the_server_sees(house, opened, tmp_path, monkeypatch):
    media = Path("var/serving/tests") / opened.round
    house.share(opened, media)
    assert len(house._client.import_storage.local.list(project=opened.id)) == 1
    far = open_project(house, f"{opened.round}-far", share=False)
    monkeypatch.setattr(house, "local", False)  # a server of another machine, which sees no folder of this one
    with pytest.raises(ConfigError, match="set SILVERPRINT_MEDIA_URL"):
        house.share(far, tmp_path / "elsewhere")


def test_tasks_and_projects_come_in_pages(house, opened, monkeypatch):
    monkeypatch.setattr("silverprint.adapters.labelstudio.pagination.PAGE", 3)
    house.push(opened, tasks(*[1] * 7))
    assert len(by_image(house, opened)) == 7
    assert find(house, "tests", opened.round) == opened


def test_tasks_of_somebody_else_in_our_project_are_not_ours(house, opened, persons):
    house.push(opened, tasks(1))
    for odd in ({}, {"image_id": [1]}, {"image_id": {"a": 1}}, {"image_id": 5}, {"image_id": ""}):
        house._client.projects.import_tasks(opened.id, request=[{"data": {"image": "/data/foreign", **odd}}])
    for _ in range(6):
        persons[0].answer(persons[0].next(opened)["id"], "coat")
    assert set(by_image(house, opened)) == {"00", None}
    assert [annotation.image_id for annotation in house.annotations(opened) if annotation.image_id] == ["00"]
    assert house.progress(opened, {"00": 1}).tasks == 1


def test_a_wrong_token(house, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", house.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "f" * 40)
    with pytest.raises(NotAllowedError, match=f"LABEL_STUDIO_API_KEY: {house.url} refuses this token") as caught:
        Studio.connect()
    assert "ffff" not in str(caught.value)


def test_a_personal_token(house, monkeypatch):
    issued = house._client.tokens.create().token
    monkeypatch.setenv("LABEL_STUDIO_URL", house.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", issued)
    assert Studio.connect().people() == house.people()
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", issued[:-6] + "forged")
    with pytest.raises(NotAllowedError, match="refuses this token"):
        Studio.connect()


def test_inviting_again_changes_the_address_at_most(house, capsys):
    path = Path("var/people/ada.json")
    before = json.loads(path.read_bytes())
    people.invite(["Ada", "ada@silverprint.local"])
    assert "ada has an account already" in capsys.readouterr().err
    assert json.loads(path.read_bytes()) == before | {"url": house.url}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_broken_account_s_file_is_named(house):
    path = Path("var/people/ada.json")
    before = path.read_bytes()
    path.write_text("[")
    with pytest.raises(DataError, match=r"ada\.json: not an account's file"):
        people.invite(["ada"])
    path.write_bytes(before)


def test_an_invitation_tells_where_the_password_is_and_not_what_it_is(house, capsys):
    people.invite(["dee@example.org"])
    told = capsys.readouterr()
    account = Path("var/people/dee@example.org.json").read_text()
    password = account.split('"password": "')[1].split('"')[0]
    assert "var/people/dee@example.org.json" in told.err
    assert password not in told.err + told.out


def test_the_list_of_people_has_their_pseudonyms(house, capsys):
    people.show(config.load(ROOT / "params.yaml"))
    lines = capsys.readouterr().out
    assert all(name in lines for name in PEOPLE)
    assert f"{house.server}-2" in lines


def test_signing_up_without_an_invitation_is_closed(house, persons):
    answer = persons[0].http.get("/logout")
    page = persons[0].http.get("/user/signup/")
    form = {"email": "eve@example.org", "password": "eve-eve-eve", "csrfmiddlewaretoken": page.cookies.get("csrftoken")}
    answer = persons[0].http.post("/user/signup/", data=form, headers={"Referer": house.url})
    assert answer.status_code == 403
