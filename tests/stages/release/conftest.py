import shutil
from pathlib import Path

import pytest

from silverprint import config
from silverprint.config import Params
from tests.conftest import ROOT
from tests.helpers import release_campaign as fixture


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign, to be read only."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fixture.build(config.load(ROOT / "params.yaml"))
    return folder


@pytest.fixture
def params(finished: Path, project: Path) -> Params:
    """Of a copy of `finished`, which is the working directory."""
    shutil.copytree(finished, project, dirs_exist_ok=True)
    return fixture.asking_less(config.load())
