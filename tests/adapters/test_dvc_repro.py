"""`dvc repro` where stages wait for people: what DVC says of them is left out, what it says of others is not."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.dvc_repro import Waits, is_no_hint, mend_locks
from tests.e2e.harness import await_that

STAGES = """\
stages:
  waits: {cmd: exit 75, outs: [answers]}
  after: {cmd: touch labels, deps: [answers], outs: [labels]}
  other: {cmd: "OTHER"}
"""


def passed(waits: Waits, said: str, level: int = logging.WARNING) -> bool:
    return waits.filter(logging.LogRecord("dvc", level, "", 0, "%s", (said,), None))


@given(st.lists(st.sampled_from([75, 1, 65]), min_size=1, max_size=5))
def test_what_waits_is_left_out_and_what_failed_is_said(codes: list[int]) -> None:
    waits = Waits()
    for number, code in enumerate(codes):
        assert passed(waits, f"failed to run: silverprint annotate r{number}, exited with {code}") is (code != 75)
        assert passed(waits, "Stages 'a' and 'b' will be skipped due to this failure") is (code != 75)
    names = [f"'s{number}@r{number}'" for number in range(len(codes))]
    joined = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    alone = set(codes) == {75}
    assert passed(waits, f"failed to reproduce{' stages:' * (len(names) > 1)} {joined}", logging.ERROR) is not alone
    assert waits.alone is alone


@given(st.lists(st.sampled_from([75, 1, -9, 137, -15]), min_size=1, max_size=5))
def test_what_a_signal_ended_is_one_sentence_of_ours(codes: list[int]) -> None:
    waits, ours = Waits(), [code for code in codes if code != 1]
    for number, code in enumerate(codes):
        assert passed(waits, f"failed to run: silverprint measure s{number}, exited with {code}") is (code == 1)
        assert passed(waits, "Stage 'a' will be skipped due to this failure") is (code == 1)
    names = [f"'measure@s{number}'" for number in range(len(codes))]
    joined = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    said = f"failed to reproduce{' stages:' * (len(names) > 1)} {joined}"
    assert passed(waits, said, logging.ERROR) is (ours != codes)
    assert len(waits.ended) == len([code for code in ours if code != 75])
    for sentence in waits.ended:
        assert sentence.startswith("silverprint measure s")
        assert sentence.endswith("nothing that was finished is lost; to go on: silverprint repro")


@pytest.mark.parametrize("code", [130, -2])
def test_after_ctrl_c_no_other_stage_begins(code: int) -> None:
    waits = Waits()
    with pytest.raises(KeyboardInterrupt):
        passed(waits, f"failed to run: silverprint embed, exited with {code}")
    assert not passed(waits, "interrupted by the user", logging.ERROR)
    assert waits.ended == [
        "silverprint embed was ended by Ctrl-C; nothing that was finished is lost; to go on: silverprint repro"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "code", "options"), [("true", 75, ["--keep-going"]), ("exit 3", 255, ["--keep-going"]), ("true", 75, [])]
)
def test_dvc_itself(tmp_path: Path, other: str, code: int, options: list[str]) -> None:
    (tmp_path / "dvc.yaml").write_text(STAGES.replace("OTHER", other))
    run: dict[str, Any] = {"cwd": tmp_path, "env": os.environ | {"DVC_NO_ANALYTICS": "1"}, "capture_output": True}
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], check=True, **run)
    ours = [sys.executable, "-m", "silverprint.adapters.dvc_repro", *options]
    done = subprocess.run(ours, check=False, text=True, **run)
    assert done.returncode == code, done.stderr
    assert ("ERROR" in done.stderr) is (code != 75)
    assert ("exited with 3" in done.stderr) is (code != 75)
    assert "exited with 75" not in done.stderr
    assert "skipped" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "send"), [(signal.SIGTERM, os.kill), (signal.SIGTERM, os.killpg), (signal.SIGINT, os.killpg)]
)
def test_an_ended_run_of_dvc_itself(tmp_path: Path, number: signal.Signals, send: Callable[[int, int], None]) -> None:
    """A signal to it alone, or to its whole group: a terminal's Ctrl-C, `timeout`."""
    cmd = "touch begun-$$; sleep 600"
    (tmp_path / "dvc.yaml").write_text(f'stages:\n  one: {{cmd: "{cmd}"}}\n  other: {{cmd: "{cmd}"}}\n')
    run: dict[str, Any] = {"cwd": tmp_path, "env": os.environ | {"DVC_NO_ANALYTICS": "1"}, "text": True}
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], check=True, **run)
    ours = [sys.executable, "-m", "silverprint.adapters.dvc_repro", "--keep-going"]
    process = subprocess.Popen(ours, stderr=subprocess.PIPE, start_new_session=True, **run)
    await_that(lambda: any(tmp_path.glob("begun-*")), "a stage is at work")
    send(process.pid, number)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    by = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    goes_on = "nothing that was finished is lost; to go on: silverprint repro"
    assert said.splitlines() == [f"{cmd} was ended by {by}; {goes_on}"]
    assert len(list(tmp_path.glob("begun-*"))) == 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\nTo track the changes with git, run:\n\n\tgit add dvc.lock", False),
        ("\nTo enable auto staging, run:\n\n\tdvc config core.autostage true", False),
        ("Running stage 'clean':", True),
        ("failed to push: To enable auto staging, run:", True),
    ],
)
def test_hints_alone_are_left_out(said: str, shown: bool) -> None:
    record = logging.LogRecord("dvc", logging.INFO, "", 0, "%s", (said,), None)
    assert is_no_hint(record) is shown


@pytest.mark.slow
@pytest.mark.parametrize(("left", "stays"), [("", False), ('{"read": {"a', False), ("{}", True)])
def test_what_a_killed_dvc_left_cut_off_holds_nobody_up(tmp_path: Path, left: str, stays: bool) -> None:
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True)
    run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"])
    (tmp_path / "dvc.yaml").write_text("stages: {one: {cmd: 'echo done > out', outs: [out]}}")
    rwlock = tmp_path / ".dvc/tmp/rwlock"
    rwlock.write_text(left)
    mend_locks(rwlock.parent)
    assert rwlock.exists() == stays
    rwlock.write_text(left)
    said = run([sys.executable, "-m", "silverprint.adapters.dvc_repro"]).stderr.decode()
    assert (tmp_path / "out").exists()
    assert ("was cut off when DVC was killed" in said) != stays
