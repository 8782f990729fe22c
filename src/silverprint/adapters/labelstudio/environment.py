"""Environment of Label Studio: a folder that is named, a clone's own, or one that all campaigns of a user share."""

import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rich.progress import Progress, TaskID

from silverprint import child_programs, packaged
from silverprint.adapters.labelstudio import install_progress
from silverprint.console import bar, say
from silverprint.errors import ConfigError, DiskError, NotAllowedError, SilverprintError, UnavailableError
from silverprint.store.files import disk_errors

_NAMED: Final = "SILVERPRINT_STUDIO_ENV"
_OF_A_CLONE: Final = Path(".venv-studio")
_LOCK: Final = "requirements/studio.lock"
_ERRORS: Final = {kind.exit_code: kind for kind in (UnavailableError, DiskError, NotAllowedError, ConfigError)}
_LONGEST: Final = 1 << 20  # bytes of what an installer says


def ready() -> Path:
    """The folder of Label Studio's environment: SILVERPRINT_STUDIO_ENV, else .venv-studio where there is one, else the
    shared one, which is made if it is not there.

    Raises:
        UnavailableError: the named one is not there, or the shared one cannot be installed.
        DiskError: no space for it.
    """
    named = os.environ.get(_NAMED)
    if named or _is_whole(_OF_A_CLONE):
        folder = Path(named or _OF_A_CLONE).absolute()
        if not _is_whole(folder):
            remedy = f"unset {_NAMED}, and silverprint studio up makes one; in a clone of the source: make studio-env"
            raise UnavailableError(str(folder), "Label Studio's environment is not there", remedy)
        return folder
    folder = shared()
    if not _is_whole(folder):
        with _alone(folder):
            if not _is_whole(folder):
                _make(folder)
    return folder


def shared() -> Path:
    """Where the environment of this lock and this Python is for every campaign of this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():  # then it is to be ignored: XDG Base Directory Specification
        cache = Path.home() / ".cache"
    lock = hashlib.sha256(packaged.text(_LOCK).encode()).hexdigest()[:12]
    version = ".".join(map(str, sys.version_info[:2]))
    return cache / "silverprint" / f"studio-{lock}-py{version}"


def _is_whole(folder: Path) -> bool:
    return all((folder / "bin" / name).exists() for name in ("python", "label-studio"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The right to make `folder`; waits for whoever has it, be it an installer that a killed process left behind."""
    path = folder.with_name(f"{folder.name}.lock")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    with lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Label Studio's environment is being made by another process: waiting for {folder}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """Installs into a folder beside it that is then renamed: who looks sees all of it or nothing."""
    started, pins = time.monotonic(), _pins()
    size = f"{len(pins)} packages, about 1 GB"
    say(f"Label Studio: making its environment, once for all your campaigns ({size}): {folder}")
    if shutil.which("uv") is None:
        say("pip installs it, in minutes; with uv on PATH it is done sooner")
    for left in folder.parent.glob(f"new-{folder.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with (
        disk_errors(folder),
        tempfile.TemporaryDirectory(prefix=f"new-{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True) as new,
    ):
        made = Path(new) / "env"
        _install(made, pins)
        _move_scripts(made, folder)
        shutil.rmtree(folder, ignore_errors=True)  # one that lost its Python
        made.rename(folder)
    say(f"Label Studio: its environment is made, after {time.monotonic() - started:.0f} s")


def _pins() -> frozenset[str]:
    """The packages that are to be there, as the names of their folders begin."""
    lines = [line for line in packaged.text(_LOCK).splitlines() if "==" in line]
    return frozenset(_folder_name(line.partition("==")[0]) for line in lines)


def _folder_name(package: str) -> str:
    return re.sub(r"[-_.]+", "_", package.strip()).lower()


def _install(made: Path, pins: frozenset[str]) -> None:
    """Whatever ends us ends the installer, too."""
    with (
        packaged.path("scripts/venv") as script,
        packaged.path(_LOCK) as lock,
        tempfile.TemporaryFile() as said,
        bar() as progress,
    ):
        # The last one stands for --quiet: the installer is to say what it does.
        command: list[str | Path] = ["bash", script, sys.executable, made, lock, ""]
        # Without a PYTHONPATH, whose packages would count as installed. What is temporary lies in a folder that goes.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        display = _Display(progress, said, made, pins)
        code = child_programs.call(
            command, display.update, env=clean | {"TMPDIR": str(made.parent)}, stdout=said, stderr=said
        )
        if code:
            raise _failure(code, said)


class _Display:
    """How far the installer is: one line, of the step at which it is.

    Args:
        said: what it says, as a file.
        made: the environment.
        pins: packages that are to be in it; pip and what else comes with a new one are none.
    """

    def __init__(self, progress: Progress, said: IO[bytes], made: Path, pins: frozenset[str]) -> None:
        self._progress, self._said, self._made, self._pins = progress, said, made, pins
        self._shown, self._task = "", TaskID(-1)

    def update(self) -> None:
        text = os.pread(self._said.fileno(), _LONGEST, 0).decode(errors="replace")  # by where the child writes on
        folders = self._made.glob("lib/*/site-packages/*.dist-info")
        there = len(self._pins & {_folder_name(folder.name.partition("-")[0]) for folder in folders})
        step = install_progress.step(text, there, len(self._pins))
        if step.what != self._shown:
            if self._shown:
                self._progress.remove_task(self._task)
            self._shown, name = step.what, f"Label Studio's environment, {step.what}"
            self._task = self._progress.add_task(name, total=None, unit="packages")
        total = None if step.done is None else len(self._pins)
        self._progress.update(self._task, completed=step.done or 0, total=total)


def _failure(code: int, said: IO[bytes]) -> SilverprintError:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines() or ["no word about why"]
    error = _ERRORS.get(code, UnavailableError)
    return error("Label Studio's environment", lines[-1], "then again: silverprint studio up")


def _move_scripts(made: Path, folder: Path) -> None:
    """Programs name their Python in full in their first line."""
    for program in (made / "bin").iterdir():
        if program.is_file() and not program.is_symlink() and str(made).encode() in (text := program.read_bytes()):
            program.write_bytes(text.replace(str(made).encode(), str(folder).encode()))
