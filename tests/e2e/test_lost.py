"""A round's files deleted before anybody committed them: they come back, or a sentence says from where."""

import json

import httpx
import polars as pl
import pytest

from tests.e2e.harness import Campaign

PEOPLE = ("ada", "bo", "cyn")

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


def waiting(campaign: Campaign, name: str) -> httpx.Client:
    """Opens a round and asks; the server's API, as an annotator may use it too."""
    campaign.must("silverprint", "round", "open", name, "--budget", "6")
    done = campaign.repro(f"annotate@{name}")
    assert "people are needed" in done.stdout + done.stderr, done.stdout + done.stderr
    headers = {"Authorization": f"Token {campaign.environment['LABEL_STUDIO_API_KEY']}"}
    return httpx.Client(base_url=campaign.environment["LABEL_STUDIO_URL"], headers=headers, timeout=60, trust_env=False)


def state(campaign: Campaign, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((campaign.path / f"data/rounds/{name}/state.json").read_text())
    return found


def answers(campaign: Campaign, name: str) -> list[str]:
    return sorted(campaign.votes().filter(round=name, status="valid")["annotation_id"])


def test_a_project_deleted_in_mid_round_costs_no_vote_that_was_pulled(finished: Campaign, pulled: Campaign) -> None:
    with waiting(pulled, "l01") as api:
        project = state(pulled, "l01")["projects"]["crowd"]  # type: ignore[index]
        tasks = api.get("/api/tasks", params={"project": project, "page_size": 100}).json()["tasks"]
        choice = {"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": ["coat"]}}
        for task in tasks[:3]:
            api.post(f"/api/tasks/{task['id']}/annotations/", json={"result": [choice]}).raise_for_status()
        pulled.call("silverprint", "annotate", "l01")
        kept = answers(pulled, "l01")
        assert len(kept) == 3

        api.patch(f"/api/projects/{project}", json={"description": "Round two"}).raise_for_status()
        healed = pulled.call("silverprint", "annotate", "l01")
        assert healed.returncode == 75
        assert "was changed by somebody" in healed.stderr
        assert answers(pulled, "l01") == kept

        api.delete(f"/api/projects/{project}").raise_for_status()
    gone = pulled.call("silverprint", "annotate", "l01")
    assert gone.returncode == 65
    assert "silverprint round move l01" in gone.stderr
    assert answers(pulled, "l01") == kept
    pulled.must("silverprint", "round", "move", "l01")
    assert pulled.call("silverprint", "annotate", "l01").returncode == 75
    assert answers(pulled, "l01") == kept
    assert pulled.call("silverprint", "round", "move", "l01").returncode == 65
    with finished.people(*PEOPLE):
        pulled.must("silverprint", "wait")
    pulled.must("silverprint", "annotate", "l01")
    assert set(kept) < set(answers(pulled, "l01"))
    assert state(pulled, "l01")["status"] == "closed"


def test_whoever_answers_twice_or_tampers_holds_nobody_up(finished: Campaign, pulled: Campaign) -> None:
    with waiting(pulled, "l03") as api:
        project = state(pulled, "l03")["projects"]["crowd"]  # type: ignore[index]
        described = api.get(f"/api/projects/{project}").json()["description"]
        tasks = api.get("/api/tasks", params={"project": project, "page_size": 100}).json()["tasks"]
        choice = {"from_name": "choice", "to_name": "image", "type": "choices", "value": {"choices": ["coat"]}}
        for _ in range(2):
            api.post(f"/api/tasks/{tasks[0]['id']}/annotations/", json={"result": [choice]}).raise_for_status()
        for odd in ([1], {"a": 1}, "nonsense", 5):
            task = {"project": project, "data": {"image": "x", "image_id": odd}}
            made = api.post("/api/tasks/", json=task).raise_for_status().json()
            api.post(f"/api/tasks/{made['id']}/annotations/", json={"result": [choice]}).raise_for_status()
        for old, new in (("l03", "r02"), (state(pulled, "l03")["queue_sha256"], "deadbeef")):
            text = described.replace(f'"{old}"', f'"{new}"')
            api.patch(f"/api/projects/{project}", json={"description": text}).raise_for_status()
            assert pulled.call("silverprint", "annotate", "l03").returncode == 75
            assert api.get(f"/api/projects/{project}").json()["description"] == described
        assert len(answers(pulled, "l03")) == 1
        api.patch(f"/api/projects/{project}", json={"description": "hello there"}).raise_for_status()
    waits = pulled.start("silverprint", "wait")
    assert pulled.call("silverprint", "annotate", "l03").returncode == 75
    assert waits.poll() is None
    with finished.people(*PEOPLE):
        assert waits.wait(timeout=300) == 0
    pulled.must("silverprint", "annotate", "l03")
    assert state(pulled, "l03")["status"] == "closed"
    asked = set(pl.read_csv(pulled.path / "data/rounds/l03/queue.csv")["image_id"])
    assert set(pulled.votes().filter(round="l03")["image_id"]) == asked


def test_another_server_is_not_asked_what_one_was_asked(pulled: Campaign) -> None:
    waiting(pulled, "l02").close()
    path = pulled.path / "data/rounds/l02/state.json"
    path.write_text(json.dumps(state(pulled, "l02") | {"server": "deadbeef"}))
    refused = pulled.call("silverprint", "annotate", "l02")
    assert refused.returncode == 69
    assert "l02 is asked on the server deadbeef" in refused.stderr
    unnamed = pulled.call("silverprint", "annotate", "l02", LABEL_STUDIO_URL="", LABEL_STUDIO_API_KEY="")
    assert unnamed.returncode == 69
    assert "the server that l02 is asked on (deadbeef)" in unnamed.stderr


def test_a_reopening_taken_back_closes_again_and_asks_no_more(pulled: Campaign) -> None:
    asks = pulled.path / "data/rounds/r01/asks.csv"
    before, votes = asks.read_bytes(), pulled.votes()
    pulled.must("silverprint", "round", "reopen", "r01", "--extra", "1", "--all", "--why", "again")
    assert pulled.call("silverprint", "annotate", "r01").returncode == 75
    asks.write_bytes(before)
    assert "silverprint annotate r01, then silverprint repro" in pulled.must("silverprint", "status")
    pulled.must("silverprint", "annotate", "r01")
    assert state(pulled, "r01")["status"] == "closed"
    assert pulled.votes().equals(votes)
