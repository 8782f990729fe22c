"""deploy/ as a team has it, its processes started by hand: a round goes through, and each service is killed once."""

import os
import shlex
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import yaml

from silverprint import config
from silverprint.adapters import tracking
from silverprint.adapters.labelstudio import Studio
from silverprint.adapters.tracking.stored_artifacts import Artifacts
from silverprint.annotation_backend import Project
from silverprint.commands import people, track
from silverprint.errors import UnavailableError
from tests.adapters.labelstudio.conftest import Person, find, person
from tests.helpers import deployment, studio_machine, tracking_campaign
from tests.helpers.deployment import DEPLOY, Deployment
from tests.helpers.opened_rounds import all_opened

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deployment")]
PICTURES = 12


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    with deployment.running() as found:
        yield found


@pytest.fixture
def house(deployed: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Studio:
    """Label Studio, as a campaign's machine finds it."""
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO", "SILVERPRINT_STUDIO_HOST"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LABEL_STUDIO_URL", deployed.studio)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", deployed.secret("label-studio-token"))
    monkeypatch.setenv("SILVERPRINT_MEDIA_URL", f"{deployed.studio}/pictures")
    monkeypatch.chdir(tmp_path)
    return Studio.connect()


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> config.Params:
    """A project with a trained round that no MLflow was told of, in the working directory."""
    (tmp_path / "campaign").mkdir()
    tracking_campaign.make(tmp_path / "campaign", rounds=1)
    monkeypatch.chdir(tmp_path / "campaign")
    return tracking_campaign.small(config.load())


@pytest.fixture
def stored(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> Artifacts:
    """What the deployed MLflow has of the dataset, for who knows the team's password."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", deployed.mlflow)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "team")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", deployed.secret("mlflow-password"))
    return Artifacts(deployed.mlflow, yaml.safe_load(all_opened())["dataset"]["name"])


def work(one: Person, project: Project) -> None:
    """Answers until nothing is left; after "502", which a worker that dies leaves, asks again."""
    while True:
        try:
            if (task := one.next(project)) is None:
                return
            one.answer(task["id"], "coat")
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 502:
                raise


def test_a_round_goes_through_while_what_serves_it_is_killed(
    deployed: Deployment, house: Studio, tmp_path: Path
) -> None:
    token, shown = deployed.secret("label-studio-token"), deployed.folder / "pictures"
    (tmp_path / "lead").mkdir()
    machine = studio_machine.make(tmp_path / "lead", house, shown, token, "team", [2] * PICTURES)
    machine.expect(75)
    project = find(house, "team", studio_machine.ROUND)
    assert project is not None
    people.invite(["ada", "bo"])
    there = [person(house, name) for name in ("ada", "bo")]

    address = there[0].next(project)["data"]["image"]
    assert there[0].http.get(address).headers["content-type"] == "image/jpeg"
    assert httpx.get(address).status_code == 401
    assert httpx.get(f"{deployed.studio}/user/login/", headers={"Host": "elsewhere.example"}).status_code == 400

    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(work, one, project) for one in there]
        while not house.annotations(project):
            time.sleep(0.05)
        deployed.kill("label-studio-1")
        for one in working:
            one.result(deployment.WAIT_S)
    for one in there:  # who was told that nothing is left, while a request of the other held the last row, comes again
        work(one, project)
    assert not deployed.healthy("label-studio-1")
    answers = house.annotations(project)
    assert Counter(answer.image_id for answer in answers) == dict.fromkeys(
        map(studio_machine.picture_id, range(PICTURES)), 2
    )
    assert {answer.annotator for answer in answers} == {one.pseudonym for one in there}
    deployed.start("label-studio-1")

    deployed.kill("postgresql")
    assert "HTTP 500" in machine.expect(69)
    deployed.start("postgresql")
    deployed.kill("nginx")
    assert "Label Studio does not answer" in machine.expect(69)
    deployed.start("nginx")
    machine.expect(0)
    assert machine.votes()["annotator"].value_counts().sort("annotator")["count"].to_list() == [PICTURES, PICTURES]


def test_a_participants_ticket_is_good_once_whichever_worker_takes_it(deployed: Deployment, house: Studio) -> None:
    project = find(house, "team", studio_machine.ROUND)
    assert project is not None
    links = [house.let_in("label-r01-1.0a1b", project) for _ in range(4)]
    for link in links:
        assert link is not None
        assert [httpx.get(link).status_code for _ in range(3)] == [302, 404, 404]


def test_figures_reach_mlflow_once_it_and_its_storage_are_back(
    deployed: Deployment, campaign: config.Params, stored: Artifacts, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.kill("mlflow")
    tracking.after_round(campaign, "r01")  # what train calls
    assert "is not reachable; the round is complete; later: silverprint track sync" in capsys.readouterr().err
    deployed.start("mlflow")
    deployed.kill("object-storage")
    with pytest.raises(UnavailableError, match="its storage of artefacts fails"):
        track.sync(campaign)
    deployed.start("object-storage")
    track.sync(campaign)
    kept = {path.partition("/")[2]: path for path, size in stored.files() if size}
    assert {"figures/confusion.png", "figures/reliability.png", "model/MLmodel"} <= kept.keys()
    assert stored.read(kept["figures/confusion.png"], lambda file: file.read(4)) == b"\x89PNG"

    deployed.kill("postgresql")
    with pytest.raises(UnavailableError, match="answers with an error"):
        track.sync(campaign)
    deployed.start("postgresql")
    capsys.readouterr()
    track.sync(campaign)
    assert "0 of 1 runs updated" in capsys.readouterr().err


def test_a_backup_brings_back_answers_and_artefacts(
    deployed: Deployment, house: Studio, stored: Artifacts, tmp_path: Path
) -> None:
    known = os.environ | {"COMPOSE": str(_compose(deployed, tmp_path / "compose"))}
    project = find(house, "team", studio_machine.ROUND)
    assert project is not None
    before, files = house.annotations(project), dict(stored.files())
    assert len(before) == 2 * PICTURES
    assert files

    subprocess.run([DEPLOY / "backup", tmp_path / "kept"], env=known, check=True)
    house.delete_project(project)
    stored.remove(list(files))
    assert not dict(stored.files())
    subprocess.run([DEPLOY / "restore", tmp_path / "kept"], env=known, check=True)
    assert house.annotations(project) == before
    assert dict(stored.files()) == files
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()} == {0o600}


def _compose(deployed: Deployment, path: Path) -> Path:
    """Stands in for `docker compose`: runs a program of a service where that service's processes run."""
    database = {
        "PGHOST": "127.0.0.1",
        "PGPORT": deployed.ports["postgresql:5432"],
        "PGPASSWORD": deployed.secret("postgresql"),
    }
    of_database = shlex.join(f"{name}={value}" for name, value in database.items())
    of_mlflow = shlex.join(f"{name}={value}" for name, value in deployed.environment("mlflow").items())
    entry = shlex.join(deployed.command("mlflow")[: len(deployed.services["mlflow"]["entrypoint"])])
    path.write_text(f"""#!/bin/sh
case "$*" in
  "exec -T postgresql "*) shift 3; exec env {of_database} "$@" ;;
  "run --rm -T --no-deps mlflow /opt/silverprint/objects "*) exec env {of_mlflow} {entry} {DEPLOY}/objects "$7" ;;
  stop*|up*) ;;
  *) exit 64 ;;
esac
""")
    path.chmod(0o755)
    return path
