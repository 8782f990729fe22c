import shutil
from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.config import Params
from silverprint.stages import report
from tests.conftest import ROOT
from tests.helpers import report_campaign as fixture
from tests.helpers.opened_rounds import all_opened


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three finished rounds and its report; to be read only."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "params.yaml").write_text(all_opened())
    (folder / "data").mkdir()
    for ledger in (layout.TAKEDOWNS, layout.WAIVERS, layout.IMPORTS, layout.EXCLUDE, layout.GOLD):
        shutil.copy(ROOT / ledger, folder / ledger)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = config.load()
        fixture.build(params)
        report.run(params)
    return folder


@pytest.fixture
def reported(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory is `finished`."""
    monkeypatch.chdir(finished)
    return finished


@pytest.fixture
def params(project: Path) -> Params:
    """Of an empty project, which is the working directory."""
    return config.load()


@pytest.fixture
def campaign(finished: Path, params: Params) -> Params:
    """Of a copy of `finished`, which is the working directory."""
    shutil.copytree(finished, Path.cwd(), dirs_exist_ok=True)
    return params
