"""Two people work in two clones and merge: with Git itself, as `make env` sets it up."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import ledgers, round_state
from silverprint.dvcfiles import lock
from silverprint.errors import ConfigError, DataError
from silverprint.records import ASKS, QUEUE, TAKEDOWNS, VOTES, conform
from silverprint.store import tables
from tests.conftest import ROOT

IDS = [f"{number:064x}" for number in range(6)]


def git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], check=check, capture_output=True, text=True)


def vote(number: int, person: int, choice: str = "coat", **more: object) -> dict[str, object]:
    known = {"round": "r01", "status": "valid", "created_at": f"2026-01-01T00:00:0{person}Z"}
    who = {"annotator": f"abcdef01-{person}", "annotation_id": 10 * number + person}
    return {"image_id": IDS[number], "choice": choice, **who, **known, **more}


def write_votes(*votes: dict[str, object]) -> None:
    ledgers.write_votes("r01", conform(pl.DataFrame(list(votes), schema_overrides=VOTES), VOTES))


def statuses() -> dict[int, str]:
    return dict(ledgers.votes("r01").select("annotation_id", "status").iter_rows())


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with an open round of six pictures, whose `main` is what both branches begin with. We stand in it."""
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@localhost")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = tmp_path / "a clone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    program = tmp_path / "the bin" / "silverprint"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m silverprint "$@"\n')
    program.chmod(0o755)
    subprocess.run([ROOT / "scripts/git-setup", program], check=True)
    shutil.copy(ROOT / ".gitattributes", ".gitattributes")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    rows = [
        {"image_id": name, "rank": rank, "role": "train", "overlap": 2, "tier": "crowd"}
        for rank, name in enumerate(IDS, 1)
    ]
    tables.write_ledger(pl.DataFrame(rows), layout.queue("r01"), QUEUE, ["rank"])
    tables.write_ledger(pl.DataFrame(schema=TAKEDOWNS), layout.TAKEDOWNS, TAKEDOWNS, ["at"])
    tables.write_ledger(pl.DataFrame(schema=ASKS), layout.asks("r01"), ASKS, ["image_id"])
    write_votes(vote(0, 1))
    round_state.State(
        "r01", "start", "waiting", "c", "abcdef01", ledgers.sha256(layout.queue("r01")), ("coat", "bag"), projects={}
    ).save()
    commit("base")
    return folder


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def branch_off(name: str) -> None:
    git("checkout", "-q", "-b", name, "main")


@pytest.mark.slow
def test_votes_pulled_on_both_sides_merge_without_a_conflict(clone: Path) -> None:
    branch_off("ada")
    write_votes(vote(0, 1), vote(1, 1), vote(2, 1))
    commit("ada pulled")
    branch_off("bob")  # later: vote 1 is withdrawn by then, and there are more
    write_votes(vote(0, 1, status="superseded"), vote(0, 1, "bag", annotation_id=3), vote(1, 2), vote(3, 2))
    commit("bob pulled")
    assert git("merge", "-q", "-m", "merge", "ada").returncode == 0
    assert statuses() == {1: "superseded", 3: "valid", 11: "valid", 12: "valid", 21: "valid", 32: "valid"}
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.slow
def test_a_round_closed_on_one_side_is_closed_with_its_votes(clone: Path) -> None:
    branch_off("ada")
    write_votes(vote(0, 1), vote(1, 1))
    commit("ada pulled")
    branch_off("bob")
    write_votes(*(vote(number, person) for number in range(6) for person in (1, 2)))
    current = round_state.load("r01")
    assert current is not None
    closed = ledgers.sha256(layout.votes("r01"))
    asks = ledgers.sha256(layout.asks("r01"))
    current.moved(status="closed", votes_sha256=closed, asks_sha256=asks, projects={"crowd": 7}).save()
    commit("bob closed")
    git("checkout", "-q", "ada")
    round_state.load("r01").moved(projects={"crowd": 9}).save()  # type: ignore[union-attr]
    commit("ada's project")
    git("merge", "-q", "-m", "merge", "bob")
    found = round_state.load("r01")
    assert found is not None
    assert (found.status, found.votes_sha256, found.projects) == ("closed", closed, {"crowd": 7})
    assert ledgers.sha256(layout.votes("r01")) == closed


@pytest.mark.slow
def test_what_one_took_out_stays_out_and_what_both_took_down_stands_once(clone: Path) -> None:
    def down(number: int, at: str) -> dict[str, str]:
        return {"image_id": IDS[number], "kind": "image", "target": IDS[number], "why": f"asked {at}", "at": at}

    def write(*rows: dict[str, str]) -> None:
        tables.write_ledger(pl.DataFrame(list(rows)), layout.TAKEDOWNS, TAKEDOWNS, ["at", "target", "image_id"])

    write(down(0, "01"), down(1, "02"))
    commit("two")
    branch_off("ada")
    write(down(0, "01"), down(2, "03"), down(3, "04"))  # 1 was a mistake
    commit("ada")
    branch_off("bob")
    write(down(0, "01"), down(1, "02"), down(3, "05"))
    commit("bob")
    git("merge", "-q", "-m", "merge", "ada")
    rows = ledgers.takedowns().sort("at").select("image_id", "at").rows()
    assert rows == [(IDS[0], "01"), (IDS[2], "03"), (IDS[3], "04")]


@pytest.mark.slow
def test_a_contradiction_stays_a_conflict_that_nothing_reads_on(clone: Path) -> None:
    layout.EXCLUDE.write_text("image_id,why,by\n")
    commit("exclude")
    for who in ("ada", "bob"):
        branch_off(who)
        layout.EXCLUDE.write_text(f"image_id,why,by\n{IDS[0]},seen by {who},{who}\n")
        commit(who)
    done = git("merge", "-m", "merge", "ada", check=False)
    assert done.returncode == 1
    assert "data/exclude.csv: the branches contradict each other about 1 rows" in done.stderr + done.stdout
    with pytest.raises(DataError, match=r"exclude\.csv line 2: Git left the marks.*silverprint ledger fix"):
        ledgers.excluded_images()


@pytest.mark.slow
def test_two_queues_do_not_join(clone: Path) -> None:
    for who, keep in (("ada", 4), ("bob", 5)):
        branch_off(who)
        tables.write_ledger(ledgers.queue("r01").head(keep), layout.queue("r01"), QUEUE, ["rank"])
        round_state.load("r01").moved(queue_sha256=ledgers.sha256(layout.queue("r01"))).save()  # type: ignore[union-attr]
        commit(who)
    done = git("merge", "-m", "merge", "ada", check=False)
    assert done.returncode == 1
    assert "take the one that people were asked" in done.stderr + done.stdout
    assert "contradict each other about queue_sha256" in done.stderr + done.stdout
    assert ledgers.queue("r01").height == 5
    with pytest.raises(DataError, match=r"state\.json line 1: Git left the marks"):
        round_state.load("r01")


@pytest.mark.slow
def test_marks_of_a_merge_without_the_driver_are_taken_out_by_mend(clone: Path, silverprint) -> None:
    git("config", "--remove-section", "merge.silverprint-ledger")
    branch_off("ada")
    write_votes(vote(0, 1), vote(1, 1))
    commit("ada")
    branch_off("bob")
    write_votes(vote(0, 1), vote(1, 2), vote(2, 2))
    round_state.load("r01").moved(projects={"crowd": 3}).save()  # type: ignore[union-attr]
    commit("bob")
    git("checkout", "-q", "ada")
    round_state.load("r01").moved(projects={"crowd": 4}).save()  # type: ignore[union-attr]
    commit("ada's project")
    assert git("merge", "-m", "merge", "bob", check=False).returncode == 1
    with pytest.raises(DataError, match="Git left the marks"):
        ledgers.votes("r01")
    for path in (layout.votes("r01"), layout.state("r01")):
        done = silverprint("ledger", "fix", str(path))
        assert done.returncode == 0
        assert f"git add {path}" in done.stderr
    assert sorted(statuses()) == [1, 11, 12, 22]
    assert round_state.load("r01").projects == {"crowd": 3}  # type: ignore[union-attr]


@pytest.mark.slow
def test_votes_that_differ_from_the_seal_come_back_from_history(clone: Path, silverprint) -> None:
    current = round_state.load("r01")
    assert current is not None
    sealed = ledgers.sha256(layout.votes("r01"))
    current.moved(status="closed", votes_sha256=sealed, asks_sha256=ledgers.sha256(layout.asks("r01"))).save()
    write_votes(vote(0, 1), vote(1, 1))
    commit("votes that the round was not closed with")
    done = silverprint("ledger", "mend", str(layout.votes("r01")))
    assert done.returncode == 0, done.stderr
    assert ledgers.sha256(layout.votes("r01")) == sealed
    assert "nothing to fix" in silverprint("ledger", "mend", str(layout.votes("r01"))).stderr


def test_a_clone_under_autocrlf_has_the_same_rounds(clone: Path, tmp_path: Path, monkeypatch) -> None:
    other = tmp_path / "windows"
    git("clone", "-q", "--config", "core.autocrlf=true", str(clone), str(other))
    monkeypatch.chdir(other)
    current = round_state.load("r01")
    assert current is not None
    assert b"\r" not in layout.queue("r01").read_bytes() + layout.state("r01").read_bytes()
    # A clone from before .gitattributes has CRLF on its disk still.
    for path in (layout.queue("r01"), layout.votes("r01"), layout.TAKEDOWNS):
        before = ledgers.sha256(path), ledgers.read(path)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert ledgers.sha256(path) == before[0]
        assert ledgers.read(path).equals(before[1])
    assert ledgers.sha256(layout.queue("r01")) == current.queue_sha256


@pytest.mark.parametrize(
    ("name", "remedy"), [("dvc.lock", "then: dvc pull, silverprint repro"), ("params.yaml", "git add")]
)
def test_a_conflict_in_dvcs_files_has_the_remedy_that_helps(clone: Path, name: str, remedy: str) -> None:
    from silverprint import config

    Path(name).write_text("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> ada\n")
    with pytest.raises(ConfigError, match=rf"{name} line 2: Git left the marks of a conflict.*{remedy}"):
        lock.stages() if name == "dvc.lock" else config.load()


def test_a_gate_in_conflict_is_told(clone: Path) -> None:
    from silverprint.store import json_files

    layout.gate("r01").write_text(
        f"<<<<<<< HEAD\n{json.dumps({'passed': True})}\n=======\n{json.dumps({'passed': False})}\n>>>>>>> a\n"
    )
    with pytest.raises(DataError, match=r"gate\.json line 1: Git left the marks.*silverprint repro gate@r01"):
        json_files.read(layout.gate("r01"), "passed", remedy="run: silverprint repro gate@r01")
