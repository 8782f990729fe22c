"""What every test may use: a small project folder of its own, and the command line as a process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A deadline per example measures the machine's load, not the code.
settings.register_profile("silverprint", deadline=None, print_blob=True)
settings.load_profile("silverprint")

ROOT = Path(__file__).resolve().parents[1]
PIPELINE = ("params.yaml", "dvc.yaml", "versions.yaml", "expectations")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project: the repository's pipeline files and ledgers, no round run. The working directory is there."""
    copy_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def copy_project(folder: Path) -> None:
    """The repository's pipeline files and ledgers, copied into `folder`."""
    for name in PIPELINE:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for path in _shipped_ledgers():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)


def _shipped_ledgers() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [Path(line) for line in listed.stdout.splitlines()]


@pytest.fixture
def silverprint() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command as a user would; gives its exit code and output."""

    def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "silverprint", *arguments],
            cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run
