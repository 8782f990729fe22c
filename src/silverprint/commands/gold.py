"""silverprint gold add | import: images whose label is known go to data/gold.csv, in Git."""

from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.campaign.gold_additions import GoldAdditions, Wanted
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import DataError, UsageError
from silverprint.records import GOLD, Schema
from silverprint.store import tables

_LINES: Final[Schema] = {name: GOLD[name] for name in ("image_id", "label", "why")}
_MAX_BYTES: Final = 20_000_000  # some 200,000 pictures


def add(params: Params, image_id: str, label: str, why: str) -> None:
    """Adds one picture.

    Raises:
        UsageError: it cannot be gold, or the label or the reason is none.
        UnavailableError: the manifest is not here.
    """
    _add(params, [("gold add", image_id, label, why)])


def import_file(params: Params, path: Path) -> None:
    """Adds every line of a CSV file with the columns image_id, label, why; all of them, or none.

    Raises:
        UnavailableError: the file or the manifest is not here.
        DataError: it is no such file, or too long a one.
        UsageError: a line's picture cannot be gold.
    """
    if not path.exists():
        raise UsageError(str(path), "there is no such file", "name a CSV file with the columns image_id, label, why")
    size = path.stat().st_size
    if size > _MAX_BYTES:  # somebody else's file, and it is read as a whole
        rule = f"a file of gold has at most {_MAX_BYTES:,} bytes"
        raise DataError(f"{path}, {size:,} bytes", rule, "split it, and import each part")
    found = tables.read_ledger_lines(path, _LINES)
    rows = zip(found.lines, found.frame.rows(), strict=True)
    _add(params, [(f"{path.name} line {number}", *row) for number, row in rows])


def _add(params: Params, rows: list[tuple[str, str | None, str | None, str | None]]) -> None:
    additions, wanted = GoldAdditions(params), []
    said: dict[str, str] = {}
    for where, *row in rows:
        one = Wanted.typed(params, *row)
        additions.require(where, one)
        if (before := said.setdefault(one.image_id, one.label)) != one.label:
            rule = f"its label is known as {before!r}"
            raise UsageError(f"{where}: {one.image_id[:12]}", rule, "remove that line from the file")
        wanted.append(one)
    new = additions.lines(wanted)
    whole = additions.write(new)
    say(f"{layout.GOLD}: {new.height} new, {whole} in all; a round asks about rounds.<name>.gold of them")
