"""A study's participant on a real Label Studio: in by a link that is good once, and able to do nothing but label."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from silverprint.adapters.labelstudio import Studio, label_config, own_database
from silverprint.adapters.labelstudio.inside_server import participants
from silverprint.adapters.labelstudio.inside_server.participants import allowed
from silverprint.annotation_backend import PARTICIPANTS, Project, Task
from tests.adapters.labelstudio.conftest import open_project, sign_in
from tests.helpers import browser

FORBIDDEN = (
    "/projects/", "/user/account", "/api/invite", "/api/current-user/token", "/api/token", "/api/projects",
    "/api/dm/tasks", "/api/organizations", "/api/projects/{}/export?exportType=JSON", "/admin/",
)  # fmt: skip


def asked(house: Studio, name: str, pictures: int, overlap: int = 1) -> Project:
    """A project that asks `overlap` people about each of so many pictures."""
    project = open_project(house, name, choices=("coat", "bag", "not one of these", "unsure"))
    path = Path("var/serving/tests") / project.round / "one.jpg"
    Image.new("RGB", (64, 48), "teal").save(path)
    house.push(project, [Task.single(f"{number:064x}", Studio.image_url(path), overlap) for number in range(pictures)])
    return project


@contextmanager
def come(house: Studio, key: str, project: Project) -> Iterator[httpx.Client]:
    """A browser in which the participant has just come by the link."""
    link = house.let_in(key, project)
    assert link is not None
    with httpx.Client(base_url=house.url, timeout=60, trust_env=False) as visitor:
        shown = visitor.get(link)
        assert shown.headers["location"] == f"/projects/{project.id}/data?labeling=1"
        visitor.get(shown.headers["location"]).raise_for_status()
        visitor.headers.update({"X-CSRFToken": visitor.cookies["csrftoken"], "Referer": house.url})
        assert httpx.get(link, trust_env=False).status_code == 404, "the link is good twice"
        yield visitor


@pytest.mark.slow
def test_a_participant_labels_and_does_nothing_else(house, persons, opened):
    project, other = asked(house, f"{opened.round}-mine", 2, overlap=2), asked(house, f"{opened.round}-other", 1)
    body = {"result": label_config.result("coat"), "lead_time": 1.0}
    ada = persons[0]
    theirs = ada.answer(ada.next(other)["id"], "bag")
    ada.answer(house.tasks(project)[0].task_id, "bag")
    with come(house, "label-r01-1.0a1b", project) as visitor:
        for path in FORBIDDEN:
            assert visitor.get(path.format(project.id)).status_code == 403, path
        assert visitor.get(f"/api/users?project={project.id}").json() == []
        assert visitor.get(f"/api/projects/{other.id}/next").status_code == 403
        assert visitor.post(f"/api/tasks/{house.tasks(other)[0].task_id}/annotations/", json=body).status_code == 403
        assert visitor.patch(f"/api/annotations/{theirs}/", json=body).status_code == 403
        assert visitor.delete(f"/api/projects/{project.id}/").status_code == 403
        assert visitor.post(f"/{participants.ADDRESS}", json={"name": "x", "project": 1}).status_code == 403
        task = visitor.get(f"/api/projects/{project.id}/next").raise_for_status().json()["id"]
        made = visitor.post(f"/api/tasks/{task}/annotations/", json=body).raise_for_status().json()["id"]
        visitor.patch(f"/api/annotations/{made}/", json=body).raise_for_status()
        again = visitor.get(f"/api/tasks/{task}?project={project.id}").raise_for_status().json()
        assert task == house.tasks(project)[0].task_id
        assert [one["id"] for one in again["annotations"]] == [made], "it shows what ada said"
        assert visitor.get(f"/api/tasks/{house.tasks(other)[0].task_id}").status_code == 403
    _, given = house.annotations(project)
    assert (given.choices, given.is_own) == (("coat",), True)
    assert house.people()[given.annotator] == f"label-r01-1.0a1b{PARTICIPANTS}"
    # Everybody else may do what they could, but for tickets, which would let them in as others.
    account = json.loads(Path("var/people/ada.json").read_text()) | {"url": house.url}
    with closing(sign_in(account)) as other_person:
        assert other_person.get("/api/projects").status_code == 200
        headers = {"X-CSRFToken": other_person.cookies["csrftoken"], "Referer": house.url}
        asked_for = {"name": "label-r01-1.0a1b", "project": project.id}
        assert other_person.post(f"/{participants.ADDRESS}", json=asked_for, headers=headers).status_code == 403
    late = house.let_in("label-r01-1.0a1b", project)
    assert late is not None
    own_database.run("two minutes cannot pass", ("UPDATE django_session SET expire_date = CURRENT_TIMESTAMP", {}))
    assert httpx.get(late, trust_env=False).status_code == 404


@pytest.mark.browser
def test_the_page_works_with_what_a_participant_may_ask_for(house, opened):
    project = asked(house, f"{opened.round}-page", 3)
    with browser.page() as page:
        page.goto(house.let_in("label-r01-1.beef", project))
        page.get_by_role("button", name="Close modal").click()
        for number in range(2):
            page.wait_for_function("(document.querySelector('.lsf-image img') || {}).naturalWidth > 0")
            page.locator(".lsf-choice__item").nth(number).click()
            with page.expect_response(lambda one: "/annotations" in one.url) as told:
                page.get_by_role("button", name="Submit").first.click()
            assert told.value.status == 201
        with page.expect_response(lambda one: "/api/tasks/" in one.url) as told:
            page.locator('[data-testid="prev-task"]').click()
        assert told.value.status == 200
        page.locator(".ant-radio-wrapper-checked", has_text="bag").wait_for()  # what was answered last
    assert sorted(one.choices[0] for one in house.annotations(project)) == ["bag", "coat"]


@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    st.sampled_from(["/api/projects/8/next", "/projects/8/data", "/api/projects/8", "/api/dm/project", "/api/ml"]),
)
def test_nothing_of_another_project_is_let_through(method, path):
    query = {} if "8" in path else {"project": "8"}
    assert not allowed(method, path, query, 7, lambda *_: True)


@given(st.sampled_from(["tasks", "annotations", "drafts"]), st.integers(1, 10**9), st.booleans())
def test_writing_is_for_what_is_theirs(kind, number, owns):
    path, method = (
        (f"/api/tasks/{number}/annotations/", "POST") if kind == "tasks" else (f"/api/{kind}/{number}/", "PATCH")
    )
    assert allowed(method, path, {}, 7, lambda *what: owns and what == (kind, number)) is owns
    for other in ("PUT", "POST", "PATCH", "DELETE"):
        assert not allowed(other, f"/api/{kind}/{number}/reviews", {}, 7, lambda *_: True)
