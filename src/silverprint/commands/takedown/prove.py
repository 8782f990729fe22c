"""Proof of a purge: every place that can be reached is read to its end, and a table says what is left in it."""

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Final

from rich.console import Console
from rich.table import Table

from silverprint.commands.takedown import places, server
from silverprint.commands.takedown.survey import Place, Survey, survey
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.store.traces.contents import Look
from silverprint.store.traces.finder import Label

_WIDTH: Final = 160  # characters, where no terminal says how many there are
_SPOOL: Final = 64 << 20  # bytes of one version of a file in memory
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Row:
    """A place of the table.

    Attributes:
        seen: None where it could not be looked at.
        said: what was looked at, or why not.
        ours: whether what is found there speaks against the purge.
    """

    place: str
    seen: Survey | None
    said: str
    ours: bool = True


def run(params: Params, image_ids: Collection[str], look: Look) -> None:
    """Prints the table.

    Raises:
        DataError: something that must go is left; the message names the first place.
        UnavailableError: nothing was found, and a place could not be looked at.
    """
    rows = list(_rows(params, image_ids, look))
    Console(highlight=False, markup=False, width=_WIDTH).print(_table(rows))
    for row in rows:
        _tell(row)
    left = [(row, path) for row in rows if row.seen is not None and row.ours for path in row.seen.gone]
    if left:
        row, path = left[0]
        what = ", ".join(sorted({label.form for label in (row.seen.gone[path] if row.seen else ())}))
        rule = f"{row.place} holds the picture there ({what}; 1 of {len(left)} files)"
        raise DataError(path, rule, "run: silverprint takedown IMAGE_ID --why ... --purge")
    unknown = [row for row in rows if row.ours and (row.seen is None or row.seen.unread)]
    if unknown:
        why = unknown[0].said if unknown[0].seen is None else unknown[0].seen.unread[0]
        raise UnavailableError(
            unknown[0].place, f"it was not looked at ({why})", "nothing was found elsewhere; try again"
        )
    say("nothing that must go is left in any place that was looked at")


def _rows(params: Params, image_ids: Collection[str], look: Look) -> Iterator[Row]:
    for place in (places.data(), places.var(), *places.shared()):
        yield _row(place.name, partial(survey, place, look))
    for place in (*places.objects(params), *places.mlflow(params), *places.dvc()):
        yield _row(place.name, partial(survey, place, look))
    for name in places.remotes():
        yield _row(f"the remote {name}", partial(_remote, name, look))
    if server.asked_rounds(params):
        yield _row("Label Studio's tasks", lambda: _tasks(params, image_ids))
    if _is_repository():
        yield _row("Git's history", lambda: _history(look))
    for where, found in places.yours(params, image_ids):
        yield _yours(where, found, look)


def _remote(name: str, look: Look) -> Survey:
    return survey(places.remote(name), look)


def _row(name: str, work: Callable[[], Survey]) -> Row:
    try:
        seen = work()
    except (UnavailableError, NotAllowedError) as error:
        return Row(name, None, str(error))
    return Row(name, seen, "")


def _yours(where: str, found: Place | None, look: Look) -> Row:
    if found is None:
        return Row(where, None, "it is yours, and not on this disk", ours=False)
    row = _row(where, lambda: survey(found, look))
    return Row(where, row.seen, "it is yours, and never changed", ours=False)


def _tasks(params: Params, image_ids: Collection[str]) -> Survey:
    tasks, found = server.left(params, image_ids)
    seen = Survey(files=tasks)
    for where in found:
        seen.gone[where] = Counter([Label("", "a task about it")])
    return seen


def _is_repository() -> bool:
    if shutil.which("git") is None:
        return False
    return subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, check=False).returncode == 0


def _history(look: Look) -> Survey:
    """Every version of every file that Git has, of all branches."""
    command = ["git", "cat-file", "--batch-all-objects", "--batch", "--buffer"]
    seen = Survey()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None  # noqa: S101
        while head := process.stdout.readline():
            name, kind, size = head.decode().split()
            with tempfile.SpooledTemporaryFile(_SPOOL) as content:
                _copy(process.stdout, content, int(size))
                process.stdout.read(1)
                if kind != "blob":
                    continue
                content.seek(0)
                found = look.at(content, is_ledger=True)  # type: ignore[arg-type]
            seen.files, seen.size = seen.files + 1, seen.size + int(size)
            if found.gone:
                seen.gone[f"git cat-file blob {name}"] = found.gone
            seen.stays += found.stays
    if process.returncode:
        raise UnavailableError("git", "it did not read all that it has", "run: git fsck")
    return seen


def _copy(source: IO[bytes], target: "IO[bytes] | tempfile.SpooledTemporaryFile[bytes]", size: int) -> None:
    while size and (block := source.read(min(size, _BLOCK))):
        target.write(block)
        size -= len(block)


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("place", "looked at", "bytes", "must go", "names that may stay"):
        table.add_column(title, justify="left" if title == "place" else "right")
    for row in rows:
        if row.seen is None:
            table.add_row(row.place, "not looked at", "", "?", "?")
            continue
        gone, stays = len(row.seen.gone), sum(row.seen.stays.values())
        table.add_row(row.place, f"{row.seen.files:,}", f"{row.seen.size:,}", f"{gone:,}", f"{stays:,}")
    return table


def _tell(row: Row) -> None:
    if row.seen is None:
        say(f"{row.place} was not looked at: {row.said}")
        return
    for path, found in row.seen.gone.items():
        forms = ", ".join(f"{label.form} of {label.image_id[:8]}".removesuffix(" of ") for label in sorted(found))
        say(f"{row.place}: {path}: {forms}{f' ({row.said})' if row.said else ''}")
    for what in row.seen.unread:
        say(f"{row.place}: {what}: not looked at inside")
