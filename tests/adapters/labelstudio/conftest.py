"""A real Label Studio: initialised once a session, then copied; and people who sign in to it as people do."""

import json
import os
import shutil
import socket
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from silverprint.adapters.labelstudio import Studio, label_config
from silverprint.annotation_backend import AnnotationBackend, Page, Project, StoredTask
from silverprint.commands import people, studio
from tests.helpers.annotator import Annotator

ROOT = Path(__file__).resolve().parents[3]
CHOICES = ("coat", "dress", "bag", "not one of these", "unsure")
PEOPLE = ["ada", "bo", "cyn"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """The working directory and an environment without Label Studio's variables, then back."""
    here, kept = Path.cwd(), dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO", "STUDIO_DATABASE"))]:
        del os.environ[name]
    os.environ.setdefault("SILVERPRINT_STUDIO_ENV", str(ROOT / ".venv-studio"))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(kept)


@dataclass
class Person(Annotator):
    """An annotator of Label Studio with a session of their own."""

    http: httpx.Client
    pseudonym: str

    def next(self, project: Project) -> dict[str, Any] | None:
        answer = self.http.get(f"/api/projects/{project.id}/next")
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def answer(self, task_id: int, *choices: str, **more: Any) -> int:
        result = [{**label_config.result("x")[0], "value": {"choices": list(choices)}}] if choices else []
        return self._post(task_id, {"result": result, **more})

    def answer_page(self, task_id: int, choices: Sequence[str | None]) -> int:
        said = [(place, choice) for place, choice in enumerate(choices) if choice is not None]
        result = [one for place, choice in said for one in label_config.result(choice, place)]
        return self._post(task_id, {"result": result})

    def _post(self, task_id: int, answer: dict[str, Any]) -> int:
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"], "Referer": str(self.http.base_url)}
        body = {"lead_time": 1.5, **answer}
        posted = self.http.post(f"/api/tasks/{task_id}/annotations/", json=body, headers=headers)
        return int(posted.raise_for_status().json()["id"])


def sign_in(account: dict[str, str]) -> httpx.Client:
    http = httpx.Client(base_url=account["url"], timeout=60, trust_env=False)
    http.get("/user/login/").raise_for_status()
    form = {"csrfmiddlewaretoken": http.cookies["csrftoken"], **account}
    answer = http.post("/user/login/", data=form, headers={"Referer": account["url"]})
    assert answer.is_redirect, "the account does not open the door"
    return http


@pytest.fixture(scope="session")
def initialised(tmp_path_factory) -> Path:
    """A stopped Label Studio that has three people."""
    if not (ROOT / ".venv-studio/bin/label-studio").exists() and "SILVERPRINT_STUDIO_ENV" not in os.environ:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Label Studio here: make studio-env")
    folder = tmp_path_factory.mktemp("initialised")
    with inside(folder):
        studio.up(free_port(), own=True)
        people.invite(PEOPLE)
        studio.down()
    return folder


@pytest.fixture(scope="session")
def running(initialised, tmp_path_factory) -> Iterator[Path]:
    """One Label Studio for all tests that leave it running; each opens projects of its own."""
    with _copy(initialised, tmp_path_factory.mktemp("running")) as folder:
        yield folder


@pytest.fixture
def restartable(initialised, tmp_path) -> Iterator[Path]:
    """A Label Studio that a test may stop, kill and start; the working directory is its project's."""
    with _copy(initialised, tmp_path) as folder, inside(folder):
        yield folder


@contextmanager
def _copy(initialised: Path, folder: Path) -> Iterator[Path]:
    shutil.copytree(initialised / "var", folder / "var")
    with inside(folder):
        studio.up(free_port())
    try:
        yield folder
    finally:
        with inside(folder):
            studio.down()


@pytest.fixture
def house(running) -> Iterator[Studio]:
    """The session's server, seen from inside its project's folder."""
    with inside(running):
        yield Studio.connect()


@pytest.fixture
def persons(house) -> Iterator[list[Person]]:
    found = [person(house, name) for name in PEOPLE]
    yield found
    for one in found:
        one.http.close()


def person(house: Studio, name: str) -> Person:
    """`name`, signed in."""
    account = json.loads(Path(f"var/people/{name}.json").read_text()) | {"url": house.url}
    pseudonym = next(known for known, email in house.people().items() if email == account["email"])
    found = Person(sign_in(account), pseudonym)
    weakref.finalize(found, found.http.close)
    return found


@pytest.fixture
def opened(house, request) -> Project:
    """A project for this test alone."""
    return open_project(house, request.node.name)


def open_project(
    backend: AnnotationBackend,
    round_name: str,
    *,
    share: bool = True,
    grid: bool = False,
    choices: tuple[str, ...] = CHOICES,
    groups: tuple[tuple[str, tuple[str, ...]], ...] = (),
) -> Project:
    """A project of the campaign "tests", which asks nothing so far."""
    opened = backend.open(
        campaign="tests",
        round=round_name,
        tier="crowd",
        queue_sha256="a" * 64,
        title=f"tests · {round_name}",
        page=Page(
            "Which garment is this?", "Choose one class.\nA <coat> opens in front.", choices, grid=grid, groups=groups
        ),
    )
    if share:
        backend.share(opened, Path("var/serving/tests") / round_name)
    return opened


def by_image(backend: AnnotationBackend, project: Project) -> dict[str | None, StoredTask]:
    """A project's tasks by image_id, in the order of asking."""
    return {task.image_id: task for task in backend.tasks(project)}


def find(backend: AnnotationBackend, campaign: str, round_name: str, tier: str = "crowd") -> Project | None:
    """The oldest project that was opened for this round and tier."""
    return next((one for one in backend.find_all(campaign, round_name) if one.tier == tier), None)
