import shutil

import pytest

from silverprint import config
from silverprint.stages import labels, queue
from tests.conftest import serial_project
from tests.helpers import round_campaign as campaign


@pytest.fixture
def checked(project):
    """Small rounds in a project folder of its own, with a pool of 60 pictures scored for the first round."""
    return scored()


def scored():
    params = campaign.small(config.load())
    campaign.write_pool()
    campaign.write_start()
    campaign.write_scores(params, "r01", model=False)
    return params


@pytest.fixture
def params(checked, monkeypatch):
    """The same without the queue's suite, which takes half a second each time; `checked` is for tests that need it."""
    monkeypatch.setattr(queue, "check", lambda *_: [])
    return checked


@pytest.fixture(scope="session")
def labelled_once(tmp_path_factory):
    """The folder of `params` once everybody agreed in r01 and it is labelled; to be read only."""
    folder = tmp_path_factory.mktemp("labelled")
    serial_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(queue, "check", lambda *_: [])
        params = scored()
        queue.run(params, "r01")
        campaign.answer(params, "r01")
        labels.run(params, "r01")
    return folder


@pytest.fixture
def labelled(labelled_once, tmp_path, monkeypatch):
    """The parameters of a copy of it, which is the working directory."""
    shutil.copytree(labelled_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "check", lambda *_: [])
    return campaign.small(config.load())
