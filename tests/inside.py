"""The command line in this process: one of its own takes a second to start."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from silverprint import cli


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """As the fixture `silverprint`, where the process is not what is tested: exit code and output of a command."""

    def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        here = cwd or Path.cwd()
        monkeypatch.chdir(here)
        capsys.readouterr()
        code = cli.main(arguments)
        monkeypatch.chdir(here)  # the command went to the project's folder
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run
