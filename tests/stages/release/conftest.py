import shutil
from pathlib import Path

import pytest

from silverprint import config
from silverprint.config import Params
from tests.helpers import release_campaign as fixture
from tests.helpers.opened_rounds import all_opened


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign, to be read only."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fixture.build(config.parse(all_opened()))
    return folder


@pytest.fixture
def params(finished: Path, project: Path) -> Params:
    """Of a copy of `finished`, which is the working directory."""
    shutil.copytree(finished, project, dirs_exist_ok=True)
    return fixture.asking_less(config.load())
