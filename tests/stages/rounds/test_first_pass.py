"""The queue's first pass over a large pool: the file is the one of a strategy that is given the whole pool."""

import pytest

from silverprint import config, layout
from silverprint.core.selection import STRATEGIES, first_pass
from silverprint.core.selection.strategies import uherding
from silverprint.stages import queue
from silverprint.stages.queue import pool
from silverprint.store.features import Features
from tests.helpers import round_campaign as campaign

DRAWING = sorted(name for name, one in STRATEGIES.items() if one.draws_by)


def written(params, name):
    queue.run(params, name)
    found = layout.queue(name).read_bytes()
    layout.queue(name).unlink()
    return found


def written_after_a_pass(params, name, monkeypatch):
    """The queue's bytes where the pass is in small jobs, and keeps fewer pictures than there are."""
    kept, real = [], first_pass.keep

    def keep(strategy, hashes, *rest, **request):
        found = real(strategy, hashes, *rest, **request)
        kept.append((len(found[0]), len(hashes)))
        return found

    monkeypatch.setattr(first_pass, "keep", keep)
    monkeypatch.setattr(first_pass, "FEWEST", 1)
    monkeypatch.setattr(pool, "FEW", 1)
    monkeypatch.setattr(pool, "BATCH", 7)
    monkeypatch.setattr(Features.half_batches, "__defaults__", (7,))
    found = written(params, name)
    assert kept
    assert all(few < whole for few, whole in kept)
    return found


@pytest.fixture(autouse=True)
def draws_few(monkeypatch):
    """Strategies look at some dozen pictures of the sixty."""
    monkeypatch.setattr(uherding, "_CANDIDATES", 12)
    monkeypatch.setattr(uherding, "_REFERENCES", 8)


@pytest.mark.usefixtures("params")
@pytest.mark.parametrize("strategy", DRAWING)
def test_the_first_round(strategy, monkeypatch):
    params = campaign.small(config.load(), strategy=strategy, budget=3)
    assert written(params, "r01") == written_after_a_pass(params, "r01", monkeypatch)


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize("strategy", DRAWING)
@pytest.mark.parametrize("model", [True, False])
def test_a_round_after_labels(strategy, model, monkeypatch):
    params = campaign.small(config.load(), strategy=strategy, budget=3)
    campaign.write_scores(params, "r02", model=model)
    assert written(params, "r02") == written_after_a_pass(params, "r02", monkeypatch)
