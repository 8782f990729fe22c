"""The simulated people against a real Label Studio, and before its closed door."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from silverprint import layout
from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import Page, Project, Task
from silverprint.demo import CAMPAIGN, image_rendering, truth
from silverprint.demo.annotators import STOP, annotate, preselected_class
from silverprint.demo.fashion import CLASSES
from silverprint.demo.personas import PERSONS, decide
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.records import NONE_OF_THESE, UNSURE

ROOT = Path(__file__).resolve().parents[2]
CHOICES = (*CLASSES, UNSURE, NONE_OF_THESE)


def await_that(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """A project folder with a Label Studio of its own, three people invited, and pictures whose truth is known."""

    folder: Path
    port: int
    labels: dict[str, str]
    environment: dict[str, str]

    def call(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def up(self) -> None:
        self.call("silverprint", "studio", "up", "--port", str(self.port))

    def down(self) -> None:
        self.call("silverprint", "studio", "down")

    def ask(
        self,
        studio: Studio,
        name: str,
        image_ids: list[str],
        overlap: int,
        predicted: str | None,
        campaign: str = CAMPAIGN,
    ) -> Project:
        media = layout.SERVING / "pictures"
        project = studio.open(campaign, name, "crowd", "0" * 64, name, Page("Which?", "Look.", CHOICES))
        studio.share(project, media)
        tasks = [
            Task.single(image_id, studio.image_url(media / f"{image_id}.jpg"), overlap, predicted, 0.6)
            for image_id in image_ids
        ]
        studio.push(project, tasks)
        return project

    def person(self, name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "silverprint.demo", "annotate", "--person", name]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    environment = Path(os.environ.get("SILVERPRINT_STUDIO_ENV", ROOT / ".venv-studio"))
    if not (environment / "bin/label-studio").exists():
        message = "Label Studio's environment is missing: make studio-env"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("house")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO")}
    clean |= {"SILVERPRINT_STUDIO_ENV": str(environment)}
    clean.pop(truth.VARIABLE, None)
    with contextlib.chdir(folder):
        labels = {}
        for tile in range(24):
            body = image_rendering.jpeg(image_rendering.product(tile, 7))
            image_id = hashlib.sha256(body).hexdigest()
            (layout.SERVING / "pictures").mkdir(parents=True, exist_ok=True)
            (layout.SERVING / "pictures" / f"{image_id}.jpg").write_bytes(body)
            labels[image_id] = CLASSES[tile % len(CLASSES)]
        truth.write(labels)
        house = House(folder, free_port(), labels, clean)
        try:
            house.up()
            house.call("silverprint", "people", "invite", *sorted(PERSONS))
            yield house
        finally:
            house.down()


@pytest.mark.slow
def test_three_people_sign_in_answer_wait_survive_a_restart_and_stop(house, monkeypatch):
    monkeypatch.chdir(house.folder)
    monkeypatch.setenv("XDG_DATA_HOME", house.environment["XDG_DATA_HOME"])
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    studio = Studio.connect()
    ids = sorted(house.labels)
    somebody_else_s = house.ask(studio, "round of real people", ids[:3], 1, None, campaign="birds")
    first = house.ask(studio, "round one", ids[:8], 2, None)
    people = {name: house.person(name) for name in sorted(PERSONS)}
    try:
        await_that(lambda: studio.progress(first).done == 8, "the first project is answered")
        second = house.ask(studio, "round two", ids[8:], 3, "shirt")  # while they wait
        await_that(lambda: studio.progress(second).answered >= 5, "they found it")
        house.down()
        assert all(person.poll() is None for person in people.values())
        house.up()
        await_that(lambda: studio.progress(second).done == 16, "they went on after the restart")
        STOP.touch()
        for name, person in people.items():
            _, said = person.communicate(timeout=20)
            assert person.returncode == 0, said
            assert f"{name}: " in said
            assert "not served" not in said
        assert studio.progress(somebody_else_s).answered == 0
    finally:
        STOP.unlink(missing_ok=True)
        for person in people.values():
            person.kill()
            person.wait()

    by_email = {pseudonym: email.split("@")[0] for pseudonym, email in studio.people().items()}
    for project, overlap, seen in ((first, 2, None), (second, 3, "shirt")):
        given = studio.annotations(project)
        # Two people who ask at the same moment may both get a picture's last place: one answer more, never one less.
        assert set(Counter(one.image_id for one in given).values()) <= {overlap, overlap + 1}
        assert len({(one.image_id, one.annotator) for one in given}) == len(given)
        for one in given:
            person, truth_label = PERSONS[by_email[one.annotator]], house.labels[one.image_id]
            # A page opened in the instant before the pre-label arrived did not show it.
            might = [decide(person, one.image_id, truth_label, shown) for shown in (seen, None)]
            assert any(
                one.choices == (answer.choice,) and one.lead_time_s == pytest.approx(answer.lead_time_s)
                for answer in might
            )


@pytest.mark.slow
def test_sigterm_ends_a_waiting_person_and_a_wrong_password_is_one_line(house):
    person = house.person("ada")
    account = house.folder / "var/people/ada.json"
    kept = account.read_bytes()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            person.wait(4)
        person.send_signal(signal.SIGTERM)
        person.communicate(timeout=20)
        assert person.returncode == 0
        account.write_text(json.dumps(json.loads(kept) | {"password": "something else"}))
        refused = house.person("ada")
        _, said = refused.communicate(timeout=60)
        assert refused.returncode == NotAllowedError.exit_code
        assert said.count("\n") == 1
        assert "silverprint people invite ada" in said
        assert "something else" not in said
    finally:
        account.write_bytes(kept)
        person.kill()
        person.wait()


@pytest.mark.slow
def test_a_person_waits_for_a_server_that_is_away(tmp_path):
    account = tmp_path / "var/people/bo.json"
    account.parent.mkdir(parents=True)
    account.write_text(json.dumps({"url": f"http://127.0.0.1:{free_port()}", "email": "b@x", "password": "p"}))
    (tmp_path / "var/demo").mkdir()
    (tmp_path / "var/demo/truth.csv").write_text("image_id,label\n")
    command = [sys.executable, "-m", "silverprint.demo", "annotate", "--person", "bo"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as person:
        with pytest.raises(subprocess.TimeoutExpired):
            person.wait(1)
        (tmp_path / "var/demo/stop").touch()
        _, said = person.communicate(timeout=20)
    assert (person.returncode, said) == (0, "bo: 0 answers given\n")


def test_a_person_who_was_not_invited_is_told_how(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnavailableError, match=r"ada\.json: this person has no account yet.*people invite ada"):
        annotate("ada")


@pytest.mark.parametrize("text", ["", "[]", '{"url": 1}', '{"url": "http://x"}', '{"url":'])
def test_a_broken_account_is_one_line(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var/people").mkdir(parents=True)
    (tmp_path / "var/people/ada.json").write_text(text)
    with pytest.raises(DataError, match=r"ada\.json: not an account"):
        annotate("ada")


def test_the_preselected_class_is_read_from_the_task():
    region = {"from_name": "choice", "value": {"choices": ["coat"]}}
    assert preselected_class({"predictions": [{"result": []}, {"result": [region]}]}) == "coat"
    page = {"predictions": [{"result": [{**region, "from_name": "choice_1"}]}]}
    assert (preselected_class(page, 0), preselected_class(page, 1)) == (None, "coat")
    assert (
        preselected_class({"predictions": []})
        is preselected_class({})
        is preselected_class({"predictions": None})
        is None
    )
