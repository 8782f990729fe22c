import pytest

from silverprint import config
from silverprint.stages import queue
from tests.helpers import round_campaign as campaign


@pytest.fixture
def checked(project):
    """Small rounds in a project folder of its own, with a pool of 60 pictures scored for the first round."""
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
