"""One small campaign, run once to its end by the demo's own command; the tests look at it and at clones of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.e2e.harness import ROOT, Campaign, checkout, free_port, shrink


@pytest.fixture(scope="session")
def studio_environment() -> str:
    folder = Path(os.environ.get("SILVERPRINT_STUDIO_ENV", ROOT / ".venv-studio"))
    if not (folder / "bin/label-studio").exists():
        message = "Label Studio's environment is missing: make studio-env"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return str(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str, studio_environment: str) -> Iterator[Campaign]:
    """A campaign of three rounds, finished, committed, pushed to a local remote; Label Studio and MLflow still up.

    The workers of xdist share one: the first that wants it makes it, the last that leaves takes its servers down.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    campaign = Campaign(shared / "campaign/project", {"SILVERPRINT_STUDIO_ENV": studio_environment})
    users = shared / "campaign.users"
    with FileLock(shared / "campaign.lock"):
        if not users.exists():
            users.write_text("0")
            made(campaign, shared / "remote")
        users.write_text(str(int(users.read_text()) + 1))
    yield campaign
    with FileLock(shared / "campaign.lock"):
        left = int(users.read_text()) - 1
        users.write_text(str(left))
        if not left:
            servers_down(campaign)


def made(campaign: Campaign, remote: Path) -> None:
    """Plays the demo in the campaign's folder, smaller, and commits and pushes what it made."""
    checkout(campaign)
    shrink(campaign, free_port())
    campaign.commit("the repository, smaller")
    ports = ("--studio-port", str(free_port()), "--mlflow-port", str(free_port()), "--pictures", "300")
    done = campaign.call("python", "-m", "silverprint.demo", "run", *ports, timeout=1500)
    (campaign.path / "var/demo/run.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        servers_down(campaign)
        pytest.fail(f"the demo ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    remote.mkdir()
    campaign.must("dvc", "remote", "add", "--default", "local", str(remote))
    campaign.commit("three rounds")
    campaign.must("dvc", "push", "--quiet")


def servers_down(campaign: Campaign) -> None:
    campaign.call("silverprint", "studio", "down")
    campaign.call("silverprint", "track", "down")


@pytest.fixture
def server(finished: Campaign) -> dict[str, str]:
    """Where clones find Label Studio, for their environment."""
    own = finished.studio()
    return {"LABEL_STUDIO_URL": own["url"], "LABEL_STUDIO_API_KEY": own["token"]}


@pytest.fixture
def colleague(finished: Campaign, server: dict[str, str], tmp_path: Path) -> Campaign:
    """A clean clone on the same Label Studio, nothing pulled."""
    clone = finished.clone(tmp_path / "clone")
    clone.environment |= server
    return clone


@pytest.fixture(scope="session")
def pulled_once(finished: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A clean clone with everything pulled, which no test may touch."""
    clone = finished.clone(tmp_path_factory.mktemp("pulled") / "clone")
    clone.must("dvc", "pull", "--quiet")
    return clone


@pytest.fixture
def pulled(pulled_once: Campaign, server: dict[str, str], tmp_path: Path) -> Campaign:
    """A clone with everything pulled, to work on."""
    shutil.copytree(pulled_once.path, tmp_path / "pulled", symlinks=True)
    return Campaign(tmp_path / "pulled", pulled_once.environment | server)


def git(campaign: Campaign, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=campaign.path, check=True, capture_output=True, text=True).stdout
