"""silverprint upgrade: a campaign's files as the installed version wants them, in one commit."""

import sys
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path

from silverprint import __version__, layout, yamltext
from silverprint.adapters import git
from silverprint.campaign import round_state
from silverprint.campaign.upgrade import plan
from silverprint.campaign.upgrade.plan import Plan
from silverprint.campaign.upgrade.reruns import Rerun
from silverprint.console import say
from silverprint.errors import ConfigError
from silverprint.store import files


def run(yes: bool = False) -> None:
    """Prints what would change and what would run again; with `yes` writes and commits it.

    While a merge waits for its commit, the campaign is taken as it is in one's own branch, and the commit ends it.

    Raises:
        ConfigError: an edit cannot be merged; nothing is written.
        UnavailableError: Git refuses.
    """
    merging = git.is_merging()
    found = plan.make(_own_branch if merging else _here, git.merge_texts)
    _require_mergeable(found)
    _show(found)
    if not found.files:
        say(f"This campaign is as silverprint {__version__} wants it")
    elif not yes:
        say("Nothing is written yet; to do so, in one commit: silverprint upgrade --yes")
    else:
        _apply(found, merging=merging)


def _here(path: Path) -> str | None:
    return yamltext.read(path) if path.exists() else None


def _own_branch(path: Path) -> str | None:
    """What Git merged into these files is the source's campaign, not this one; ledgers it merged by rows, and rounds
    are this campaign's alone.
    """
    if path.suffix == ".csv" or path == layout.LOCK or layout.ROUNDS in path.parents:
        return _here(path)
    return git.last_committed(path)


def _require_mergeable(found: Plan) -> None:
    if not found.refused:
        return
    for one in found.refused:
        say(str(one))
    first, more = found.refused[0], len(found.refused) - 1
    value = f"{first.file} line {first.line}" + (f" and {more} more places" if more else "")
    remedy = "write these lines as the new version has them, or take your edit back; then again: silverprint upgrade"
    raise ConfigError(value, "your edit and the new version's change the same lines", remedy)


def _show(found: Plan) -> None:
    for path, text in found.files.items():
        sys.stdout.write("".join(_difference(path, text)))
    for note in found.notes:
        say(note)
    if not found.files:
        return
    say(
        "Runs again at the next silverprint repro, and what reads its output after it:"
        if found.reruns
        else "Nothing runs again"
    )
    for one in found.reruns:
        say(f"  {_named(one)}: {'; '.join(one.reasons)}")
    closed = [name for name in _rounds() if (state := round_state.load(name)) and state.status == "closed"]
    if closed:
        say(f"Nobody is asked again: the queues and votes of {', '.join(closed)} are closed and stay as they are")


def _difference(path: Path, text: str) -> Iterator[str]:
    old = _here(path) or ""
    if path == layout.LOCK:
        yield f"{path}: the values that new knobs have had all along, so that nothing runs for them\n"
        return
    sides = (f"a/{path}", f"b/{path}") if old else ("/dev/null", f"b/{path}")
    for line in unified_diff(old.splitlines(keepends=True), text.splitlines(keepends=True), *sides):
        yield line if line.endswith("\n") else f"{line}\n"


def _named(one: Rerun) -> str:
    return f"{one.stage} of {', '.join(one.items)}" if one.items else one.stage


def _rounds() -> Iterable[str]:
    return sorted(path.parent.name for path in layout.ROUNDS.glob("*/state.json"))


def _apply(found: Plan, *, merging: bool) -> None:
    """
    Raises:
        ConfigError: a file that would be written has changes that are in no commit.
    """
    if not merging and (loose := [name for name in git.changed_since_commit(found.files) if Path(name).exists()]):
        remedy = f"commit it first: git add {' '.join(loose)} && git commit; or take it back: git checkout {loose[0]}"
        raise ConfigError(
            ", ".join(loose), "has changes that are in no commit, and the upgrade is one of its own", remedy
        )
    for path, text in found.files.items():
        files.write_text(path, text)
    message = f"Upgrade to silverprint {__version__}"
    if not merging:
        git.commit(found.files, message)
        say(f"{message}: one commit of {len(found.files)} files; go on: silverprint repro")
        return
    git.add(found.files)
    if left := git.unmerged():
        say(f"Merged: {', '.join(map(str, found.files))}. Still to merge: {', '.join(left)}; then: git commit")
    else:
        git.commit_merge()
        say(f"{message}: the merge is committed; go on: silverprint repro")
