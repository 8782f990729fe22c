import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.config import Model, Params
from silverprint.stages import start, train
from tests.conftest import copy_project
from tests.helpers import model_campaign as campaign


def begun() -> Params:
    """Of the project in the working directory, whose chain has its start.

    Labels alone teach: to try each Ω takes seconds, and a test that is about it asks for it.
    """
    loaded = replace(config.load(), model=Model(members=3, omega="none"))
    start.run(loaded)
    return loaded


@pytest.fixture
def params(project, monkeypatch):
    """Three rounds in a project folder of its own, with a pool, and the first round's labels."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return begun()


@pytest.fixture
def truth(params):
    found = campaign.write_pool(params)
    campaign.write_labels(params, found, "r01")
    return found


@pytest.fixture(scope="module")
def first_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose first round is trained; to be read only."""
    folder = tmp_path_factory.mktemp("first")
    copy_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        params = begun()
        campaign.write_labels(params, campaign.write_pool(params), "r01")
        train.run(params, "r01")
    return folder


@pytest.fixture
def trained(params, truth, first_round: Path) -> None:
    """The first round is trained, as `train` would do it here."""
    shutil.copytree(first_round / layout.model("r01"), layout.model("r01"))
    layout.metrics("r01").parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(first_round / layout.metrics("r01"), layout.metrics("r01"))
