"""What every test may use: a small project folder of its own, and the command line as a process."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from silverprint import cli, config, layout
from tests.helpers.opened_rounds import all_opened

# A deadline per example measures the machine's load, not the code. The same examples each time, so that a change is
# judged by what it changes; `make soak` looks for others.
settings.register_profile("silverprint", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("explore", deadline=None, print_blob=True, max_examples=250)
settings.load_profile("silverprint")

_users = itertools.count()
ROOT = Path(__file__).resolve().parents[1]
E2E = ROOT / "tests/e2e"
PIPELINE = ("params.yaml", "dvc.yaml", "versions.yaml", "expectations")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin, so that the workers end together: a folder is dealt out where its first test stands."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Who plays the finished campaign, then other servers, then who needs it played, then all that is short."""
    if E2E in item.path.parents:
        plays = "finished" in getattr(item, "fixturenames", ())
        return 2 if item.path.parent != E2E else 0 if plays else 1
    return 1 if ROOT / "tests/adapters" in item.path.parents else 3


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """With `--dist loadgroup` a folder's tests share a worker, and so the servers that they start."""
    return ByFolder(config, log) if config.getoption("dist") == "loadgroup" else None


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Deals out folders of tests, one at a time."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        alone = path.name in {"test_interrupt.py", "test_wheel.py"}  # they run campaigns of their own
        return path.name if alone else str(path.parent)


@pytest.fixture(scope="session", autouse=True)
def _user_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of a test reaches the servers of whoever runs it."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("user-data"))


@pytest.fixture(autouse=True)
def _own_user_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a user of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", f"{os.environ['XDG_DATA_HOME']}/{next(_users)}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project: the repository's pipeline files and ledgers, its rounds opened, none of them run. The working
    directory is there.

    Its shards are worked through in this process: processes take longer to start than a few pictures do.
    """
    serial_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def serial_project(folder: Path) -> None:
    """`copy_project` whose shards are worked through in one process."""
    copy_project(folder)
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("executor: processes", "executor: serial"))


def copy_project(folder: Path) -> None:
    """The repository's pipeline files and ledgers, copied into `folder`, with every planned round opened."""
    for name in PIPELINE:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for path in _shipped_ledgers():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    (folder / "params.yaml").write_text(all_opened(), encoding="utf-8")
    for name in config.parse(all_opened()).chain:
        path = folder / layout.asks(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("image_id,extra,reason,asked_at\n")


@cache
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


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """As `silverprint`, in this process, where the process is not what is tested: one of its own takes a second."""

    def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        here = cwd or Path.cwd()
        monkeypatch.chdir(here)
        capsys.readouterr()
        code = cli.main(arguments)
        monkeypatch.chdir(here)  # the command went to the project's folder
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run
