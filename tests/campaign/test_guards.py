"""The guard of persisted outputs, the lock of annotate, the state of a round."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from silverprint import layout
from silverprint.campaign import lock, round_state
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import ConfigError, DataError, DiskError, UnavailableError

LOCK = "stages:\n  embed:\n    cmd: silverprint embed\n    outs:\n    - path: data/embed\n      md5: x.dir\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_known_nothing_required() -> None:
    missing_outputs.require_pulled(layout.EMBED)


def test_a_known_output_must_be_here(here: Path) -> None:
    layout.LOCK.write_text(LOCK)
    with pytest.raises(UnavailableError, match="run: dvc pull data/embed"):
        missing_outputs.require_pulled(layout.EMBED)
    missing_outputs.require_pulled(layout.score("r01"))
    (here / "data/embed").mkdir(parents=True)
    missing_outputs.require_pulled(layout.EMBED)


SHAPES = [
    "stages: []",
    "a: 5",
    "stages: {x: null}",
    "stages: {x: {outs: [3]}}",
    "stages: {x: {outs: [{md5: a}]}}",
    "stages: {x: {deps: 5}}",
]


@pytest.mark.parametrize("text", SHAPES)
def test_a_lock_of_another_shape_is_one_line(text: str) -> None:
    layout.LOCK.write_text(text)
    with pytest.raises(ConfigError, match=r"^dvc\.lock stages.*: not as DVC writes it; run: git checkout dvc\.lock$"):
        missing_outputs.known_outputs()


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\nstages: {}\n", "[1]", ""])
def test_a_damaged_lock_is_one_line(text: str) -> None:
    layout.LOCK.write_text(text)
    with pytest.raises(ConfigError, match=r"^dvc\.lock ") as caught:
        missing_outputs.require_pulled(layout.EMBED)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_lock_is_held_by_one_process_and_freed_by_its_death() -> None:
    code = (
        "import sys, time\nfrom silverprint.campaign import lock\n"
        "with lock.exclusive('x'):\n  print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UnavailableError, match=str(holder.pid)), lock.exclusive("x"):
        pass
    holder.kill()
    holder.communicate()
    with lock.exclusive("x"):
        pass


@pytest.mark.parametrize(("number", "rule"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "cannot be written")])
@pytest.mark.parametrize("call", ["open", "write"])
def test_a_lock_that_the_disk_does_not_take_is_a_disk_error(
    monkeypatch: pytest.MonkeyPatch, call: str, number: int, rule: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(DiskError, match=rf"var/locks/x\.lock: {rule}"), lock.exclusive("x"):
        pass


def test_an_error_of_the_disk_within_the_lock_stays_its_own() -> None:
    with pytest.raises(OSError, match="other"), lock.exclusive("x"):
        raise OSError(errno.ENOSPC, "other")


def test_a_state_comes_back_as_saved_and_damage_is_named() -> None:
    assert round_state.load("r01") is None
    saved = round_state.State("r01", "start", "waiting", "c", "s", "0" * 64, ("a", "b"), projects={"crowd": 3}).save()
    assert round_state.load("r01") == saved
    for damage in ("", "[]", "{}", '{"classes": 1}', "[" * 100_000):
        layout.state("r01").write_text(damage)
        with pytest.raises(DataError, match=r"git checkout data/rounds/r01/state\.json"):
            round_state.load("r01")
