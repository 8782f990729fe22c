from dataclasses import replace

import pytest

from silverprint import config
from silverprint.config import Model
from silverprint.stages import start
from tests.model import campaign


@pytest.fixture
def params(project, monkeypatch):
    """Three rounds in a project folder of its own, with a pool, and the first round's labels."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    recipe = Model(members=3, epochs=60, learning_rate=0.05, weight_decay=1e-4)
    loaded = replace(config.load(), model=recipe)
    start.run(loaded)
    return loaded


@pytest.fixture
def truth(params):
    found = campaign.write_pool(params)
    campaign.write_labels(params, found, "r01")
    return found
