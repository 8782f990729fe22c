"""Label Studio's environment that campaigns share: where it is, that it is made once, what its failures say."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from silverprint import packaged
from silverprint.adapters.labelstudio import environment
from silverprint.errors import DiskError, UnavailableError
from tests.e2e.harness import await_that

INSTALLER = """#!/usr/bin/env bash
echo made >> "$(dirname "$(dirname "$2")")/count"
mkdir -p "$2/bin"
ln -s "$1" "$2/bin/python"
printf '#!%s/bin/python\\nprint("started")\\n' "$2" > "$2/bin/label-studio"
chmod +x "$2/bin/label-studio"
"""

# One that is at work, with a child, when it is ended; what it made so far looks whole.
AT_WORK = """#!/usr/bin/env bash
mkdir -p "$2/bin" && touch "$2/bin/python" "$2/bin/label-studio"
echo much > "$TMPDIR/unpacked"
sleep 600 &
echo $! > "$(dirname "$(dirname "$2")")/child"
wait
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache, and an installer that takes no time. We stand in a campaign's folder."""
    monkeypatch.delenv("SILVERPRINT_STUDIO_ENV", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "campaign").mkdir()
    monkeypatch.chdir(tmp_path / "campaign")
    install_by(INSTALLER, tmp_path, monkeypatch)
    return tmp_path / "cache/silverprint"


def install_by(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = folder / "installer"
    script.write_text(text)
    real = packaged.path

    @contextmanager
    def path(name: str) -> Iterator[Path]:
        with real(name) as there:
            yield script if name == "scripts/venv" else there

    monkeypatch.setattr(packaged, "path", path)


def times_made(cache: Path) -> int:
    return len((cache / "count").read_text().splitlines())


def test_it_is_made_once_and_works_where_it_came_to_lie(cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = environment.ready()
    assert folder == environment.shared()
    assert folder.parent == cache
    assert folder.name.endswith(f"-py{sys.version_info[0]}.{sys.version_info[1]}")
    assert environment.ready() == folder
    assert times_made(cache) == 1
    done = subprocess.run([folder / "bin/label-studio"], capture_output=True, text=True, check=True)
    assert done.stdout == "started\n"
    assert {path.name for path in cache.iterdir()} == {"count", folder.name, f"{folder.name}.lock"}
    said = capfd.readouterr().err.splitlines()
    assert "making its environment, once for all your campaigns" in said[0]
    assert "is made, after" in said[-1]


def test_several_at_once_make_one(cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: environment.ready(), range(4)))
    assert found == {environment.shared()}
    assert times_made(cache) == 1


def test_what_a_killed_one_left_is_cleared_and_another_lock_is_another_folder(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = cache / f"new-{environment.shared().name}-x"
    left.mkdir(parents=True)
    first = environment.ready()
    assert not left.exists()
    real = packaged.text
    monkeypatch.setattr(packaged, "text", lambda name: real(name) + "more==1\n")
    assert environment.ready() != first
    assert first.exists()


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that ends us, also where these tests were begun under nohup."""
    before = signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


@pytest.mark.slow
def test_a_signal_ends_the_installer_with_its_children_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    install_by(AT_WORK, tmp_path, monkeypatch)
    note, us = cache / "child", signal.getsignal(number)

    def end() -> None:
        await_that(lambda: note.exists() and note.read_text().endswith("\n"), "the installer is at work", 60)
        os.kill(os.getpid(), number)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(end)
        with pytest.raises(KeyboardInterrupt):
            environment.ready()
    child = int(note.read_text())
    await_that(
        lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE,
        "the installer's child has ended",
        60,
    )
    assert {path.name for path in cache.iterdir()} == {"child", f"{environment.shared().name}.lock"}
    assert signal.getsignal(number) is us
    install_by(INSTALLER, tmp_path, monkeypatch)
    assert (environment.ready() / "bin/label-studio").read_text()
    assert times_made(cache) == 1


def test_one_that_lost_its_python_is_made_again(cache: Path) -> None:
    folder = environment.ready()
    (folder / "bin/python").unlink()
    (folder / "bin/python").symlink_to("/nowhere/python")
    assert environment.ready() == folder
    assert (folder / "bin/python").exists()
    assert times_made(cache) == 2


def test_a_named_one_and_a_clones_own_come_first(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".venv-studio", "named"):
        (Path(name) / "bin").mkdir(parents=True)
        for program in ("python", "label-studio"):
            (Path(name) / "bin" / program).touch()
    assert environment.ready() == Path(".venv-studio").absolute()
    monkeypatch.setenv("SILVERPRINT_STUDIO_ENV", "named")
    assert environment.ready() == Path("named").absolute()
    monkeypatch.setenv("SILVERPRINT_STUDIO_ENV", "elsewhere")
    with pytest.raises(UnavailableError, match="elsewhere: Label Studio's environment is not there; unset"):
        environment.ready()
    assert not cache.exists()


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [(69, UnavailableError, "the index is away"), (74, DiskError, "no space"), (1, UnavailableError, "")],
)
def test_a_failing_installer_is_one_line_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception], said: str
) -> None:
    words = f"echo 'a warning' >&2; echo '{said}' >&2;" if said else ""
    install_by(f'mkdir -p "$2/bin"; {words} exit {code}', tmp_path, monkeypatch)
    with pytest.raises(kind, match=said or "no word about why"):
        environment.ready()
    assert [path.name for path in cache.iterdir()] == [f"{environment.shared().name}.lock"]


def test_a_cache_that_is_no_absolute_path_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert environment.shared().parent == Path(os.environ["HOME"]) / ".cache/silverprint"
