"""`silverprint repro` and `silverprint demo`: the order of what they call, and what they leave alone."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from silverprint import config, layout
from silverprint.campaign import round_status
from silverprint.commands import demo, repro
from silverprint.errors import UsageError

REPRO = "silverprint.adapters.dvc_repro --keep-going"
AFTER = ["silverprint track sync", "silverprint status"]


def _plain(line: str) -> str:
    return line.replace("silverprint.adapters.dvc_repro", "dvc repro")


class Calls(list[str]):
    """What is called, by its words behind `python -m`; `answers` has exit codes and outputs by their beginnings."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers = {name.replace("_", " "): answer for name, answer in answers.items()}

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        line = " ".join(map(str, command[2:]))
        self.append(line)
        found = next((answer for name, answer in self.answers.items() if _plain(line).startswith(name)), 0)
        return subprocess.CompletedProcess(command, found if isinstance(found, int) else 0, found, "")


def reproduced(monkeypatch: pytest.MonkeyPatch, *targets: str, **answers: Any) -> tuple[list[str], object]:
    calls = Calls(**answers)
    monkeypatch.setattr(repro.git, "set_merge_driver", lambda _folder: None)
    monkeypatch.setattr(repro.subprocess, "run", calls)
    monkeypatch.setattr(repro.child_programs, "until_it_ends", lambda command, **_: calls(command).returncode)
    try:
        repro.run(targets)
    except SystemExit as end:
        return calls, end.code
    return calls, 0


def test_without_a_remote_nothing_is_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, code = reproduced(monkeypatch, "preview@r02", dvc_remote_list="")
    assert calls == ["dvc remote list", f"{REPRO} --allow-missing preview@r02", *AFTER]
    assert code == 0


def test_what_sealed_stages_keep_is_pulled_first(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = {"silverprint_status_--sealed": "data/embed\ndata/measured/own\n"}
    calls, code = reproduced(monkeypatch, dvc_remote_list="local /remote\n", **sealed, dvc_repro=255)
    pull = "dvc pull --quiet data/embed data/measured/own"
    assert calls == ["dvc remote list", "silverprint status --sealed", pull, f"{REPRO} --pull --allow-missing", *AFTER]
    assert code == 255


def test_a_campaign_that_cannot_be_read_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, code = reproduced(monkeypatch, dvc_remote_list="local /remote\n", silverprint_status=78)
    assert calls == ["dvc remote list", "silverprint status --sealed"]
    assert code == 78


def test_a_run_that_was_ended_says_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, code = reproduced(monkeypatch, dvc_remote_list="", dvc_repro=130)
    assert (calls[-1], code) == (f"{REPRO} --allow-missing", 130)


@pytest.mark.parametrize(
    ("people", "who"), [((), "waits for people, and nobody is invited"), (("bo", "ada"), "waits for ada, bo.")]
)
def test_a_run_that_waits_ends_with_a_plain_line_of_ours(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    project: Path,
    people: tuple[str, ...],
    who: str,
) -> None:
    layout.PEOPLE.mkdir(parents=True)
    for name in people:
        (layout.PEOPLE / f"{name}.json").write_text("{}")
    layout.NAMES.write_text('{"s-1": "admin"}')  # as the server lists whoever started it
    standing = replace(round_status.status_of(config.load(), "r01"), state="waiting", votes=3, votes_needed=10)
    monkeypatch.setattr(round_status, "standings_of", lambda _params: [standing])
    _, code = reproduced(monkeypatch, dvc_remote_list="", dvc_repro=75)
    assert code == 75
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Nothing went wrong: r01 (7 votes) waits for ")
    assert who in last


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """The demo's own runs: their words and their folders. Git is as it is."""
    found: list[tuple[str, Path]] = []
    real = subprocess.run

    def run(command: list[Any], **options: Any) -> Any:
        if "silverprint.demo" not in command:
            return real(command, **options)
        found.append((" ".join(map(str, command[3:])), options["cwd"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@localhost")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return found


def test_the_demo_makes_its_campaign_once(runs: list[tuple[str, Path]], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    demo.run(pictures=300)
    made = tmp_path / "fashion-demo"
    assert "campaign: fashion-demo" in (made / "params.yaml").read_text()
    before = (made / "params.yaml").stat().st_mtime_ns
    demo.run(studio_port=8081)
    monkeypatch.chdir(made)
    demo.run()
    assert runs == [("run --pictures 300", made), ("run --studio-port 8081", made), ("run", made)]
    assert (made / "params.yaml").stat().st_mtime_ns == before


def test_the_demo_overwrites_nothing(runs: list[tuple[str, Path]], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        demo.run(folder=tmp_path)
    assert not runs
