"""One small campaign, run once to its end by the demo's own command; the tests look at it and at clones of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import ROOT, Campaign, checkout, free_port, shrink


@pytest.fixture(scope="session")
def studio_environment() -> str:
    folder = Path(os.environ.get("SILVERPRINT_STUDIO_ENV", ROOT / ".venv-studio"))
    if not (folder / "bin/label-studio").exists():
        message = "Label Studio's environment is missing: make studio-env"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return str(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, studio_environment: str) -> Iterator[Campaign]:
    """A campaign of three rounds, finished, committed, pushed to a local remote; Label Studio and MLflow still up."""
    campaign = checkout(tmp_path_factory.mktemp("campaign") / "project")
    campaign.environment["SILVERPRINT_STUDIO_ENV"] = studio_environment
    shrink(campaign, free_port())
    campaign.commit("the repository, smaller")
    ports = ("--studio-port", str(free_port()), "--mlflow-port", str(free_port()), "--pictures", "300")
    done = campaign.call("python", "-m", "silverprint.demo", "run", *ports, timeout=1500)
    (campaign.path / "var/demo/run.log").write_text(done.stdout + done.stderr)
    try:
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        remote = tmp_path_factory.mktemp("remote")
        campaign.must("dvc", "remote", "add", "--default", "local", str(remote))
        campaign.commit("three rounds")
        campaign.must("dvc", "push", "--quiet")
        yield campaign
    finally:
        campaign.call("silverprint", "studio", "down")
        campaign.call("silverprint", "track", "down")


@pytest.fixture
def colleague(finished: Campaign, tmp_path: Path) -> Campaign:
    return cloned(finished, tmp_path / "clone")


@pytest.fixture(scope="session")
def pulled_once(finished: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A clean clone with everything pulled, which no test may touch."""
    clone = cloned(finished, tmp_path_factory.mktemp("pulled") / "clone")
    clone.must("dvc", "pull", "--quiet")
    return clone


@pytest.fixture
def pulled(pulled_once: Campaign, tmp_path: Path) -> Campaign:
    """A clone with everything pulled, to work on."""
    shutil.copytree(pulled_once.path, tmp_path / "pulled", symlinks=True)
    return Campaign(tmp_path / "pulled", dict(pulled_once.environment))


def cloned(finished: Campaign, to: Path) -> Campaign:
    """A clean clone on the same Label Studio, nothing pulled."""
    clone = finished.clone(to)
    server = finished.studio()
    clone.environment |= {"LABEL_STUDIO_URL": server["url"], "LABEL_STUDIO_API_KEY": server["token"]}
    return clone


def git(campaign: Campaign, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=campaign.path, check=True, capture_output=True, text=True).stdout
