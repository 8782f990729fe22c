"""Proof of a purge: every place that can be reached is read to its end, and a table says what is left in it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rich.console import Console
from rich.table import Table

from silverprint.commands.takedown import git_history, places, remedies, server
from silverprint.commands.takedown.survey import Place, Survey, survey
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.store.traces.contents import Look
from silverprint.store.traces.finder import Label

_WIDTH: Final = 160  # characters, where no terminal says how many there are


@dataclass(frozen=True)
class Row:
    """A place of the table.

    Attributes:
        seen: None where it could not be looked at.
        said: what was looked at, or why not.
        ours: whether what is found there speaks against the purge.
        remedy: what takes a file of it away, by its path.
    """

    place: str
    seen: Survey | None
    said: str
    ours: bool = True
    remedy: Callable[[str], str] = lambda _path: remedies.PURGE


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
    left = [
        (row, path, found) for row in rows if row.seen is not None and row.ours for path, found in row.seen.gone.items()
    ]
    if left:
        row, path, found = left[0]
        what = ", ".join(sorted({label.form for label in found}))
        rule = f"{row.place} {remedies.verb(found)} the picture there ({what}; 1 of {len(left)} files)"
        raise DataError(path, rule, row.remedy(path))
    unknown = [row for row in rows if row.ours and (row.seen is None or row.seen.unread)]
    if unknown:
        why = unknown[0].said if unknown[0].seen is None else unknown[0].seen.unread[0]
        raise UnavailableError(
            unknown[0].place, f"it was not looked at ({why})", "nothing was found elsewhere; try again"
        )
    say("nothing that must go is left in any place that was looked at")


def _rows(params: Params, image_ids: Collection[str], look: Look) -> Iterator[Row]:
    yield _row("data", partial(survey, places.data(), look))
    for place in (places.var(), *places.shared()):
        yield replace(_row(place.name, partial(survey, place, look)), remedy=_of_file)
    for place in (*places.objects(params), *places.mlflow(params), *places.dvc()):
        yield _row(place.name, partial(survey, place, look))
    for name in places.remotes():
        yield _row(f"the remote {name}", partial(_remote, name, look))
    if server.asked_rounds(params):
        yield _row("Label Studio's tasks", lambda: _tasks(params, image_ids))
    if git_history.is_here():
        yield replace(_row("Git's history", lambda: git_history.look_through(look)), remedy=lambda _: remedies.HISTORY)
    for where, found in places.yours(params, image_ids):
        yield _yours(where, found, look)


def _of_file(path: str) -> str:
    return remedies.PURGE if places.is_removable(path) else remedies.of_file(path)


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
        say(f"{row.place}: {path}: {remedies.forms(found)}{f' ({row.said})' if row.said else ''}")
    if row.ours:
        for remedy in sorted({row.remedy(path) for path in row.seen.gone}):
            say(f"{row.place}: {remedy}")
    for what in row.seen.unread:
        say(f"{row.place}: {what}: not looked at inside")
