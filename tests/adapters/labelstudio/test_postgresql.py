"""Our own Label Studio on a real PostgreSQL: asked and answered, an account closed, backed up and restored."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from silverprint.adapters.labelstudio import Studio, database, local_server, own_database
from silverprint.annotation_backend import Task
from silverprint.commands import people, studio
from silverprint.commands.studio import backup as backups
from silverprint.commands.studio import server
from silverprint.errors import UsageError
from silverprint.store import server_home
from tests.adapters.labelstudio.conftest import ROOT, find, free_port, inside, open_project, person
from tests.helpers import needs, postgresql

pytestmark = pytest.mark.slow

RESET = "UPDATE authtoken_token SET key = :key WHERE user_id = (SELECT id FROM htx_user WHERE email = :email)"


@pytest.fixture
def on_postgresql(tmp_path, monkeypatch):
    """A folder without a Label Studio so far, which is to have one on PostgreSQL."""
    if "SILVERPRINT_STUDIO_ENV" not in os.environ:
        needs.path(ROOT / ".venv-studio/bin/label-studio", "make studio-env")
    with postgresql.cluster() as port, inside(tmp_path):
        password = quote(postgresql.PASSWORD, safe="")
        monkeypatch.setenv(database.SETTING, f"postgresql://{postgresql.USER}:{password}@127.0.0.1:{port}/postgres")
        try:
            yield
        finally:
            studio.down()


def test_a_round_on_postgresql_outlives_a_backup_and_a_restore(on_postgresql, monkeypatch, capsys):
    studio.up(free_port())
    monkeypatch.delenv(database.SETTING)  # the file has it
    people.invite(["ada", "bo"])
    house = Studio.connect()
    project = open_project(house, "r01")
    overlaps = [2, 1, 3, 1]
    house.push(project, [Task.single(f"{rank}", f"/data/{rank}", n, "coat", 0.5) for rank, n in enumerate(overlaps)])
    assert [(task.overlap, task.predicted) for task in house.tasks(project)] == [(n, True) for n in overlaps]
    ada, bo = person(house, "ada"), person(house, "bo")
    assert ada.work(project, limit=3) == ["0", "1", "2"]
    assert bo.work(project, limit=1) == ["0"]
    before = house.annotations(project)
    backups.backup(file := Path("kept.tar"))

    assert house.set_open(bo.pseudonym, False)
    assert bo.http.get(f"/api/projects/{project.id}/next").status_code == 401
    assert house.erase(bo.pseudonym)
    assert not any(email.startswith("bo@") for email in house.people().values())
    ada.work(project)
    with pytest.raises(UsageError, match="it runs"):
        backups.restore(file)
    studio.down()
    with pytest.raises(UsageError, match="--replace"):
        backups.restore(file)
    capsys.readouterr()
    backups.restore(file, replace=True)
    kept = next(server_home.STUDIO.shared.glob("replaced-*.tar"))
    assert f"what was here is kept in {kept}" in capsys.readouterr().err
    assert kept.stat().st_mode & 0o777 == 0o600

    # A token that was reset is learnt from this database, too.
    own_database.run("no reset", (RESET, {"key": "f" * 40, "email": local_server.ADMIN}))
    studio.up(free_port())
    again = Studio.connect()
    assert (again.server, find(again, "tests", "r01")) == (house.server, project)
    assert again.annotations(project) == before
    assert any(email.startswith("bo@") for email in again.people().values())
    assert person(again, "bo").work(project, limit=9) == ["2", "3"]
    assert local_server.read_admin().token == "f" * 40
    secret = postgresql.PASSWORD
    assert secret not in server.service().log.read_text() + json.dumps(again.people())
