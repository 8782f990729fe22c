"""`dvc repro` where stages wait for people: what DVC says of them is left out, what it says of others is not."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.dvc_repro import Waits

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
