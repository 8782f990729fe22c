"""Versions of outputs that a purge took out of DVC's cache and remotes: data/purged.csv, and what is said of them."""

import subprocess
from collections.abc import Iterable
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.errors import DataError
from silverprint.records import PURGED, conform, empty
from silverprint.store import ledger_csv, tables

ORDER: Final = ["md5"]


def note(md5s: Iterable[str], at: str) -> None:
    """Adds hashes to data/purged.csv, which is in Git; one that is there keeps its time.

    Raises:
        DiskError: no space.
        DataError: the ledger is damaged.
    """
    new = conform(
        pl.DataFrame({"md5": sorted(set(md5s))}, schema={"md5": pl.String}).with_columns(at=pl.lit(at)), PURGED
    )
    before = tables.read_ledger(layout.PURGED, PURGED) if layout.PURGED.exists() else empty(PURGED)
    joined = pl.concat([before, new]).unique("md5", keep="first", maintain_order=True)
    if joined.height > before.height:
        tables.write_ledger(joined, layout.PURGED, PURGED, ORDER)


def when(md5: str) -> str | None:
    """When a purge took this version, or a file of it; None where none did.

    An old commit, checked out, has an old ledger: the newest of all branches counts, too.
    """
    here = tables.read_ledger(layout.PURGED, PURGED) if layout.PURGED.exists() else empty(PURGED)
    for rows in (here, _newest()):
        for found, at in rows.select("md5", "at").iter_rows():
            if found == md5:
                return str(at)
    return None


def _newest() -> pl.DataFrame:
    path = layout.PURGED.as_posix()
    commit = _git("rev-list", "--all", "--max-count=1", "--", path).strip()
    text = _git("show", f"{commit}:./{path}") if commit else ""
    try:
        return ledger_csv.parse(text.encode(), path, PURGED, frozenset()).frame if text else empty(PURGED)
    except DataError:  # the one of another branch is not what this command is about
        return empty(PURGED)


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
