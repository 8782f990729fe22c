"""Git repository of a campaign: its beginning, who works in it, and the merge driver of its ledgers."""

import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from silverprint import packaged
from silverprint.errors import ConfigError, UnavailableError

_ELSEWHERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set in a hook: they name another repository


def require_identity() -> None:
    """
    Raises:
        UnavailableError: there is no Git.
        ConfigError: it does not know in whose name a commit is made.
    """
    if shutil.which("git") is None:
        raise UnavailableError("git", "it is not on PATH, and a campaign is a Git repository", "install it")
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if _git(Path.cwd(), "var", who).returncode:
            remedy = 'git config --global user.name "Your Name" && git config --global user.email you@example.org'
            raise ConfigError("git", "it has no name and address to commit with", remedy)


def who(folder: Path) -> str:
    """The name that Git has of whoever works here; without one, the machine's."""
    said = _git(folder, "config", "user.name").stdout.strip() if shutil.which("git") else ""
    try:
        return said or getpass.getuser()
    except (OSError, KeyError):  # a container may know no name for its user
        return "somebody"


def begin(folder: Path, message: str) -> None:
    """A repository in `folder` with one commit of all that lies there, and its merge driver.

    Raises:
        UnavailableError: Git refuses; the message has its own words.
    """
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", message)):
        done = _git(folder, *arguments)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no word about why"]
            rule = f"git {arguments[0]} ended with code {done.returncode} ({said[-1][:200]})"
            raise UnavailableError(str(folder), rule, f"the files are there; go on with Git: cd {folder} && git status")
    set_merge_driver(folder)


def set_merge_driver(folder: Path) -> None:
    """Tells this clone's Git, where there is one, how ledgers are merged: it takes no programs from a repository."""
    with packaged.path("scripts/git-setup") as script:
        subprocess.run(["bash", script, _program()], cwd=folder, env=_environment(), check=True)


def _program() -> str:
    """The silverprint of this environment, whatever is on PATH."""
    beside = Path(sys.executable).with_name("silverprint")
    return str(beside) if beside.exists() else shutil.which("silverprint") or "silverprint"


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
