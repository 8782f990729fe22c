"""silverprint ledger merge | fix: one file of what people decided in two branches; docs/teams.md.

Git calls `merge` by itself where the environment was made by `make env`; `fix` is for a file that was merged without.
"""

import subprocess
from pathlib import Path

from silverprint import git_conflicts, layout
from silverprint.campaign import git_merge_driver, ledger_schemas, round_state
from silverprint.console import say
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.store import files, ledger_csv


def merge(base: Path, ours: Path, theirs: Path, path: Path) -> None:
    """Writes to `ours` what both versions of the file `path` say together; what contradicts stays, between marks.

    Raises:
        DataError: they contradict each other, or one is no such file; Git then calls it a conflict.
        UsageError: `path` is no ledger.
    """
    _require_ledger(path)
    merged = git_merge_driver.merge(base.read_bytes(), ours.read_bytes(), theirs.read_bytes(), _from_data(path))
    files.write_bytes(ours, merged.data)
    if merged.conflict:
        raise DataError("not merged", merged.conflict, "then: git add it, and continue the merge or rebase")


def fix(path: Path) -> None:
    """Removes Git's marks from a ledger or a round's state; restores the version that a round is sealed with.

    Raises:
        DataError: the branches contradict each other, or Git has no version that the round is sealed with.
        UsageError: it is no ledger.
        UnavailableError: it is not there.
    """
    _require_ledger(path)
    if not path.exists():
        raise UnavailableError(str(path), "the ledger is not there", f"run: git checkout {path}")
    path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    text = ledger_csv.normalise(path.read_bytes()).decode("utf-8", "replace")
    if git_conflicts.first_mark_line(text):
        _unmark(path, text)
    elif not _unseal(path):
        say(f"{path}: nothing to fix")


def _from_data(path: Path) -> Path:
    """The path as it is named in the project, wherever that lies in a repository."""
    return Path(*path.parts[path.parts.index("data") :]) if "data" in path.parts else Path(path.name)


def _require_ledger(path: Path) -> None:
    known = [*ledger_schemas.KINDS, layout.state("x").name]
    if path.name not in known:
        raise UsageError(str(path), "not a ledger", f"one of: {', '.join(known)}")


def _unmark(path: Path, text: str) -> None:
    sides = git_conflicts.sides(text)
    merged = git_merge_driver.merge(sides.base.encode(), sides.ours.encode(), sides.theirs.encode(), path)
    if merged.conflict:
        raise DataError("not fixed", merged.conflict, f"then: git add {path}")
    files.write_bytes(path, merged.data)
    say(f"{path}: both sides are in it; go on: git add {path}")


def _unseal(path: Path) -> bool:
    """Brings back a queue or votes that a round's state knows by their hash; whether there was something to do."""
    current = round_state.load(path.parent.name) if path.parent.parent == layout.ROUNDS else None
    if current is None:
        return False
    closed = current.status == "closed"
    sealed = {
        layout.queue(current.round): current.queue_sha256,
        layout.votes(current.round): current.votes_sha256 if closed else None,
    }.get(path)
    if sealed is None or ledger_csv.sha256(path) == sealed:
        return False
    for commit in _git("log", "--all", "--format=%H", "--", str(path)).decode().split():
        data = ledger_csv.normalise(_git("show", f"{commit}:./{path}"))
        if ledger_csv.digest(data) == sealed:
            files.write_bytes(path, data)
            say(f"{path}: as {current.round} was sealed with it, from commit {commit[:8]}; go on: git add {path}")
            return True
    rule = f"Git has no version of it with the hash that {current.round} is sealed with ({sealed[:8]})"
    raise DataError(str(path), rule, "fetch it from the clone that sealed the round: git fetch, then this again")


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    return done.stdout
