import shutil
from pathlib import Path

import pytest

from silverprint import config
from silverprint.config import Params
from silverprint.stages import release
from tests.conftest import serial_project
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


@pytest.fixture(scope="session")
def released_once(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`finished` with v1 of its release, to be read only."""
    folder = tmp_path_factory.mktemp("released")
    serial_project(folder)
    shutil.copytree(finished, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        release.run(fixture.asking_less(config.load()))
    return folder


@pytest.fixture
def released(released_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """Of a copy of `released_once`, which is the working directory."""
    shutil.copytree(released_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return fixture.asking_less(config.load())
