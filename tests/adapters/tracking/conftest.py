import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from silverprint import config
from silverprint.commands import track
from tests.helpers import tracking_campaign as campaign
from tests.helpers.tracking_campaign import small


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A project with three trained rounds that no MLflow has seen; tests work on copies."""
    folder = tmp_path_factory.mktemp("trained")
    campaign.make(folder)
    return folder


@pytest.fixture(scope="session")
def shown(trained, empty_database, tmp_path_factory):
    """The trained project, synced into its own database: to be read, not changed."""
    folder = tmp_path_factory.mktemp("shown") / "project"
    shutil.copytree(trained, folder)
    (folder / "var/mlflow").mkdir(parents=True)
    shutil.copy(empty_database, folder / "var/mlflow/mlflow.db")
    here = Path.cwd()
    os.chdir(folder)
    try:
        track.sync(small(config.load()))
    finally:
        os.chdir(here)
    return folder


@pytest.fixture
def synced(shown, monkeypatch):
    """The working directory is the synced project."""
    monkeypatch.chdir(shown)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return small(config.load())


@pytest.fixture
def params(trained, tmp_path, monkeypatch):
    """The working directory is a copy of the trained project."""
    folder = tmp_path / "project"
    shutil.copytree(trained, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return small(config.load())


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """MLflow's tables, made once: it takes seconds."""
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{path}"]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return path


@pytest.fixture
def database(params, empty_database):
    """var/mlflow/mlflow.db, with its tables."""
    path = Path("var/mlflow/mlflow.db")
    path.parent.mkdir(parents=True)
    shutil.copy(empty_database, path)
    return path


@pytest.fixture
def server(database, monkeypatch):
    """A real `mlflow server` on loopback over that database; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = database.parent.resolve()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    url = f"http://127.0.0.1:{port}"
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not _answers(url):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        (folder / "server.json").write_text(f'{{"url": "{url}", "port": {port}, "pid": {process.pid}}}')
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)
        log.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url + "/health", timeout=2).is_success
    except httpx.HTTPError:
        return False
