"""Git repository of a campaign: its beginning, its merges and commits, who works in it, the ledgers' merge driver."""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from silverprint import packaged
from silverprint.errors import ConfigError, UnavailableError

_MOST_CONFLICTS: Final = 127  # that `git merge-file` counts in its exit code; above it is an error
_ELSEWHERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set in a hook: they name another repository


def require_identity() -> None:
    """
    Raises:
        UnavailableError: there is no Git.
        ConfigError: it does not know in whose name a commit is made.
    """
    require_program()
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


def require_program() -> None:
    """
    Raises:
        UnavailableError: there is no Git.
    """
    if shutil.which("git") is None:
        raise UnavailableError("git", "it is not on PATH, and a campaign is a Git repository", "install it")


def begin(folder: Path, message: str) -> None:
    """A repository in `folder` with one commit of all that lies there, and its merge driver.

    Raises:
        UnavailableError: Git refuses; the message has its own words.
    """
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", message)):
        _require(folder, *arguments)
    set_merge_driver(folder)


def set_merge_driver(folder: Path) -> None:
    """Tells this clone's Git, where there is one, how ledgers are merged: it takes no programs from a repository."""
    with packaged.path("scripts/git-setup") as script:
        subprocess.run(["bash", script, _program()], cwd=folder, env=_environment(), check=True)


def merge_texts(ours: str, base: str, theirs: str) -> str:
    """Their merge by lines; where both changed the same lines otherwise, with marks in the style of diff3.

    Raises:
        UnavailableError: there is no Git.
    """
    require_program()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("ours", "base", "theirs")]
        for path, text in zip(paths, (ours, base, theirs), strict=True):
            path.write_text(text, encoding="utf-8")
        done = _git(Path(folder), "merge-file", "-p", "--diff3", *map(str, paths))
    if done.returncode > _MOST_CONFLICTS:
        raise UnavailableError("git merge-file", done.stderr.strip()[:200] or "failed", "look at Git's installation")
    return done.stdout


def is_merging() -> bool:
    """Whether a merge of two branches waits for its commit."""
    return _git(Path.cwd(), "rev-parse", "--quiet", "--verify", "MERGE_HEAD").returncode == 0


def last_committed(path: Path) -> str | None:
    """The text of a file below this folder in the last commit; None where it has no such file."""
    done = _git(Path.cwd(), "show", f"HEAD:./{path}")
    return None if done.returncode else done.stdout


def changed_since_commit(paths: Iterable[Path]) -> list[str]:
    """Those of `paths`, below this folder, that are not as in the last commit, or are not in it."""
    done = _require(Path.cwd(), "status", "--porcelain", "-z", "--untracked-files=all", "--", *map(str, paths))
    return [entry[3:] for entry in done.split("\0") if entry]


def unmerged() -> list[str]:
    """The files of which a merge left two sides."""
    return _require(Path.cwd(), "diff", "--name-only", "--diff-filter=U", "-z").split("\0")[:-1]


def commit(paths: Iterable[Path], message: str) -> None:
    """One commit of `paths`, below this folder, and of nothing else that was changed.

    Raises:
        UnavailableError: Git refuses; the message has its own words.
    """
    names = [str(path) for path in paths]
    _require(Path.cwd(), "add", "--force", "--", *names)
    _require(Path.cwd(), "commit", "--quiet", "--message", message, "--", *names)


def commit_merge() -> None:
    """Ends the merge that waits for its commit."""
    _require(Path.cwd(), "commit", "--quiet", "--no-edit")


def add(paths: Iterable[Path]) -> None:
    """Marks `paths`, below this folder, as merged."""
    _require(Path.cwd(), "add", "--force", "--", *map(str, paths))


def _require(folder: Path, *arguments: str) -> str:
    done = _git(folder, *arguments)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no word about why"]
        rule = f"git {arguments[0]} ended with code {done.returncode} ({said[-1][:200]})"
        raise UnavailableError(str(folder), rule, f"the files are there; go on with Git: cd {folder} && git status")
    return done.stdout


def _program() -> str:
    """The silverprint of this environment, whatever is on PATH."""
    beside = Path(sys.executable).with_name("silverprint")
    return str(beside) if beside.exists() else shutil.which("silverprint") or "silverprint"


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
