"""Ledgers of a campaign: those that a version added begin empty, columns that it added are empty in every row."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.campaign.upgrade import history
from silverprint.records import ASKS, ASKS_OPTIONAL, TEXT
from silverprint.store import ledger_csv

_ASKS: Final = ",".join(name for name in ASKS if name not in ASKS_OPTIONAL) + "\n"  # header


def upgrade(rounds: Iterable[str], read: Callable[[Path], str | None]) -> dict[Path, str]:
    """The ledgers that change, with their new texts. A round's own are sealed with it: only a missing one is made.

    Args:
        read: the text of a file; None where it is not there.

    Raises:
        DataError: a ledger is not readable.
    """
    found = {layout.asks(one): _ASKS for one in rounds if read(layout.asks(one)) is None}
    for name in history.templates():
        path, header = Path(name), history.template(name)
        if path.suffix != ".csv":
            continue
        text = read(path)
        if text is None:
            found[path] = header
        elif text.partition("\n")[0].strip() != header.strip():
            found[path] = _with_columns(path, text, header.strip().split(","))
    return {path: text for path, text in found.items() if read(path) != text}


def _with_columns(path: Path, text: str, columns: list[str]) -> str:
    """With `columns` in their order; as it was where it lacks none, or has others, too: who reads it says so."""
    named = text.removeprefix("\ufeff").partition("\n")[0].strip().split(",")
    if not set(named) < set(columns):
        return text
    rows = ledger_csv.parse(text.encode(), str(path), dict.fromkeys(named, TEXT)).frame
    whole = [pl.col(name) if name in named else pl.lit(None, TEXT).alias(name) for name in columns]
    return rows.select(whole).write_csv()
