import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import silverprint
from silverprint import config
from silverprint.notebook import Campaign
from tests.conftest import copy_project
from tests.helpers import notebook_campaign


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign's folder, to be read only."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        copy_project(folder)
        path = folder / "params.yaml"
        path.write_text(re.sub(r"(?s)(\nembed:.*?\n  size: )\d+", r"\g<1>32", path.read_text()))
        params = config.load()
        assert params.embed.size == 32
        notebook_campaign.build(params)
    return folder


@pytest.fixture
def folder(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it below the working directory, which is another one and stays so."""
    copied = tmp_path / "campaign"
    shutil.copytree(shared, copied)
    monkeypatch.chdir(tmp_path)
    yield copied
    assert Path.cwd() == tmp_path


@pytest.fixture
def campaign(folder: Path) -> Campaign:
    return silverprint.open(folder)
