"""A round's files deleted before anybody committed them: they come back, or a sentence says from where."""

import pytest

from tests.e2e.harness import Campaign

pytestmark = pytest.mark.slow

NOWHERE = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}


def test_a_closed_round_s_votes_come_back_from_label_studio(pulled: Campaign) -> None:
    votes = pulled.path / "data/rounds/r02/votes.csv"
    before = votes.read_bytes()
    votes.unlink()
    refused = pulled.call("silverprint", "annotate", "r02", **NOWHERE)
    assert refused.returncode == 69
    assert refused.stderr.count("\n") == 1
    assert "git checkout data/rounds/r02/votes.csv" in refused.stderr
    assert not votes.exists()
    done = pulled.repro()
    assert done.returncode == 0, done.stdout + done.stderr
    assert votes.read_bytes() == before


def test_an_open_queue_comes_back_by_the_same_draw(pulled: Campaign) -> None:
    queue = pulled.path / "data/rounds/r03/queue.csv"
    before, lock = queue.read_bytes(), pulled.lock()
    queue.unlink()
    done = pulled.repro()
    assert done.returncode == 0, done.stdout + done.stderr
    assert queue.read_bytes() == before
    assert pulled.lock() == lock


def test_a_state_comes_back_from_the_votes_that_were_sealed(pulled: Campaign) -> None:
    state = pulled.path / "data/rounds/r02/state.json"
    before = state.read_bytes()
    state.unlink()
    assert "silverprint annotate r02" in pulled.must("silverprint", "status")
    pulled.must("silverprint", "annotate", "r02")
    assert state.read_bytes() == before
