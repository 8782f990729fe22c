"""Label Studio as a service: restarted and killed in mid-round, killed at its first start."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import Studio, credentials
from silverprint.annotation_backend import Task
from silverprint.commands import mlflow_server, studio
from silverprint.commands.studio import server
from silverprint.errors import NotAllowedError, UnavailableError
from tests.adapters.labelstudio.conftest import find, free_port, inside, open_project, person

pytestmark = pytest.mark.slow

START = "import sys; from silverprint.commands import studio; studio.up(int(sys.argv[1]), own=True)"


def test_a_restart_in_mid_round_loses_nothing(restartable):
    house = Studio.connect()
    project = open_project(house, "r01")
    house.push(project, [Task.single(f"{rank}", f"/data/{rank}", 1) for rank in range(6)])
    ada = person(house, "ada")
    assert ada.work(project, limit=2) == ["0", "1"]
    before = house.annotations(project)

    os.killpg(background_server.read_running(server.service())["pid"], signal.SIGKILL)
    with pytest.raises(UnavailableError, match=r"does not answer.*silverprint studio up"):
        house.annotations(project)
    studio.up(free_port())
    again = Studio.connect()
    assert (again.server, find(again, "tests", "r01")) == (house.server, project)
    assert again.annotations(project) == before

    assert person(again, "bo").work(project, limit=2) == ["2", "3"]
    studio.down()
    studio.up(free_port())
    again = Studio.connect()
    assert person(again, "ada").work(project) == ["4", "5"]
    assert [annotation.image_id for annotation in again.annotations(project)] == ["0", "1", "2", "3", "4", "5"]


def test_a_first_start_that_is_killed_is_done_again(initialised, tmp_path):
    with inside(tmp_path):
        starting = subprocess.Popen([sys.executable, "-c", START, str(free_port())], start_new_session=True)
        deadline = time.monotonic() + 60
        while not list(Path("var/studio").glob("new-*/label_studio.sqlite3")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(starting.pid, signal.SIGKILL)
        starting.wait()
        assert not Path("var/studio/data").exists()
        password = json.loads(Path("var/studio/server.json").read_text())["password"]
        try:
            studio.up(free_port())
            assert Studio.connect().people()
            assert not list(Path("var/studio").glob("new-*"))
            assert json.loads(Path("var/studio/server.json").read_text())["password"] == password
        finally:
            studio.down()


def test_data_of_an_older_label_studio_is_migrated(restartable, capsys):
    studio.down()
    version = Path("var/studio/data/version")
    current = version.read_text()
    version.write_text("1.0.0")
    studio.up(free_port())
    assert f"migrating its data to version {current}" in capsys.readouterr().err
    assert version.read_text() == current
    assert len(Studio.connect().people()) == 4


def test_secrets_are_kept_from_others_and_from_the_log(restartable):
    known = json.loads(server.service().file.read_text())
    assert server.service().file.stat().st_mode & 0o777 == 0o600
    assert known["url"] == f"http://127.0.0.1:{known['port']}"
    log = server.service().log.read_text()
    assert known["token"] not in log
    assert known["password"] not in log


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_a_lost_server_file_costs_nothing(restartable, stopped):
    known, people = json.loads(server.service().file.read_text()), Studio.connect().people()
    if stopped:
        studio.down()
    server.service().file.unlink()
    studio.up(known["port"])
    assert json.loads(server.service().file.read_text()) == known
    assert server.service().file.stat().st_mode & 0o777 == 0o600
    assert Path("var/studio/data/admin.json").stat().st_mode & 0o777 == 0o600
    assert Studio.connect().people() == people
    server.service().file.unlink()
    studio.down()
    assert not background_server.is_held(server.service())


@pytest.mark.parametrize("change", ["UPDATE authtoken_token SET key = 'reset'", "DELETE FROM authtoken_token"])
def test_a_token_that_was_reset_there_is_learnt(restartable, change, capsys):
    with closing(sqlite3.connect("var/studio/data/label_studio.sqlite3")) as database, database:
        database.execute(change + " WHERE user_id = 1")
        database.execute("UPDATE jwt_auth_jwtsettings SET legacy_api_tokens_enabled = 0")
    with pytest.raises(NotAllowedError, match="run: silverprint studio up"):
        Studio.connect()
    studio.up()
    assert Studio.connect().people()
    assert json.loads(Path("var/studio/data/admin.json").read_text())["token"] == credentials.find().token
    assert ("was reset there" in capsys.readouterr().err) == ("UPDATE" in change)


def test_mlflow_comes_up_answers_and_goes_down(tmp_path):
    with inside(tmp_path):
        mlflow_server.up(free_port())
        try:
            known = background_server.read(mlflow_server.service())
            assert background_server.answers(known["url"] + "/")
            assert background_server.answers(known["url"] + "/version")

        finally:
            mlflow_server.down()
        assert not background_server.answers(known["url"] + "/health")
