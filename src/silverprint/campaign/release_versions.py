"""Versions of the release: a number for each set of pictures, splits and labels that was released.

The ledger data/releases.csv in Git has a line for each; data/releases, an output of DVC, has what each held.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from silverprint import layout
from silverprint.campaign import class_changes, ledgers
from silverprint.core import splits
from silverprint.core.reporting import release_changes
from silverprint.core.votes.class_changes import last_name
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.records import RELEASES, VERSION, conform, empty
from silverprint.store import tables


@dataclass(frozen=True)
class Version:
    """A version that is being released.

    Attributes:
        rows: VERSION.
        changes: release_changes.CHANGES since the version before; None in the first.
        line: its row of RELEASES.
    """

    rows: pl.DataFrame
    changes: pl.DataFrame | None
    line: dict[str, object]

    @property
    def number(self) -> int:
        return int(str(self.line["version"]))


def of(rows: pl.DataFrame, round_name: str) -> Version:
    """The version that `rows` (columns of VERSION, and others) are: the last one again, or the next.

    The number before may be missing in the ledger, where a person removed a line whose table was lost.

    Raises:
        UnavailableError: the table of the version before is not here.
        DataError: it is not the one that the ledger knows.
    """
    rows = conform(rows.select(*VERSION), VERSION).sort("image_id")
    digest, known = release_changes.digest(rows), ledger()
    last = known.row(-1, named=True) if known.height else None
    again = last is not None and last["digest"] == digest
    number = (last["version"] if last else 0) + (0 if again else 1)
    before = known.filter(pl.col("version") == number - 1)
    found = None if before.is_empty() else release_changes.changes(held(number - 1), rows, present_names(number - 1))
    if last is not None and again:
        return Version(rows, found, last)
    splits_held = dict(rows["split"].value_counts().iter_rows())
    line = {
        "version": number,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "round": round_name,
        "digest": digest,
        "pictures": rows.height,
        **{split: splits_held.get(split, 0) for split in splits.SPLITS},
        **(dict.fromkeys(release_changes.KINDS, 0) if found is None else release_changes.counts(found)),
    }
    return Version(rows, found, line)


def record(version: Version) -> None:
    """Keeps what it holds, and then its line: a line without a table would stop the next release."""
    tables.write(version.rows, layout.version(version.number), VERSION)
    known = ledger().filter(pl.col("version") != version.number)
    lines = pl.concat([known, pl.DataFrame([version.line], schema=RELEASES)])
    tables.write_ledger(lines, layout.RELEASES, RELEASES, ["version"])


def record_none() -> None:
    """The places of both, before anything was released: a stage makes what it declares."""
    layout.RELEASE_TABLES.mkdir(parents=True, exist_ok=True)
    tables.write_ledger(ledger(), layout.RELEASES, RELEASES, ["version"])


def ledger() -> pl.DataFrame:
    """RELEASES, the oldest first.

    A line of an earlier version of Silverprint has no count of imported labels, which is what the other splits leave,
    and counts what was renamed as relabelled.
    """
    if not layout.RELEASES.exists():
        return empty(RELEASES)
    rest = pl.col("pictures") - pl.col("train") - pl.col("test") - pl.col("silver")
    lines = ledgers.read(layout.RELEASES).sort("version")
    return lines.with_columns(pl.col("imported").fill_null(rest), pl.col("renamed").fill_null(0))


def present_names(number: int) -> dict[str, str]:
    """Label -> what its class is called today, of the version's labels whose class was renamed since it was made.

    Raises:
        DataError: data/class_changes.csv makes no sense.
    """
    made = ledger().filter(version=number)["at"].item()
    since = [one for one in class_changes.changes() if datetime.fromisoformat(one.at) > datetime.fromisoformat(made)]
    names = {name for change in since for name in change.ended}
    return {name: last_name(name, since) for name in sorted(names)}


def changes(before: int, after: int) -> pl.DataFrame:
    """release_changes.CHANGES from one version of the ledger to another.

    Raises:
        As `held`.
    """
    versions = held(before), held(after)
    return release_changes.changes(*versions, present_names(before), present_names(after))


def row_of(number: int, image_id: str) -> pl.DataFrame:
    """The row of a picture in a version of the ledger, a VERSION; none where it was not released in it.

    Raises:
        UnavailableError: the version's table is not here.
    """
    path = layout.version(number)
    if not path.exists():
        raise _lost(number, path)
    return pl.scan_parquet(path).filter(pl.col("image_id") == image_id).select(*VERSION).collect()


def held(number: int) -> pl.DataFrame:
    """What a version of the ledger held, a VERSION.

    Raises:
        UsageError: there is no such version.
        UnavailableError: its table is not here.
        DataError: it is not the one that the ledger knows.
    """
    lines = {row["version"]: row for row in ledger().iter_rows(named=True)}
    if number not in lines:
        known = ", ".join(f"v{version}" for version in lines) or "none yet"
        raise UsageError(f"v{number}", "no such version of the release", f"known: {known}")
    path = layout.version(number)
    if not path.exists():
        raise _lost(number, path)
    rows = tables.read(path, VERSION)
    if release_changes.digest(rows) != lines[number]["digest"]:
        rule = f"is not what {layout.RELEASES} knows as v{number}"
        raise DataError(
            str(path), rule, f"run: dvc checkout --force {layout.RELEASE_TABLES}, and compare the ledger with Git"
        )
    return rows


def _lost(number: int, path: Path) -> UnavailableError:
    remedy = (
        f"run: dvc pull {layout.RELEASE_TABLES}; if it is lost, remove the line of v{number} from {layout.RELEASES}"
    )
    return UnavailableError(str(path), "what this version held is not on this disk", remedy)
