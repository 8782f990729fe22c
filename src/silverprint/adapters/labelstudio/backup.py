"""Backup of our own Label Studio in one file: its database as of one moment, and its folder (uploads, keys, account).

The file is a tar: what it is (JSON), the database, then the folder. It knows every answer and the administrator's
password, so nobody else may read it. Copies of pictures that are served are not in it: annotate makes them again.
"""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from silverprint.adapters.labelstudio import database, own_database
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.store import server_home
from silverprint.store.files import disk_errors, replacing

_WHAT, _DATABASE, _FOLDER = "silverprint-studio.json", "database", "data"
_TABLES: Final = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


def write(file: Path) -> None:
    """Writes the backup, while the server runs or not; an older file of that name is replaced.

    Raises:
        UnavailableError: there is no database to back up, it cannot be read, or pg_dump is not here.
        DiskError: no space.
    """
    found, folder = database.configured(), database.folder()
    if not folder.exists():
        raise UnavailableError(str(folder), "there is no Label Studio here yet", "run: silverprint studio up")
    what = {"database": _kind(found), "made": datetime.now(UTC).isoformat(timespec="seconds")}
    with _workshop() as workshop, disk_errors(file):
        copy = workshop / _DATABASE
        if found is None:
            _copy_sqlite(own_database.path(), copy)
        else:
            _postgresql_program(found, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={copy}")
        with replacing(file, mode=0o600) as temporary:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as output, tarfile.open(fileobj=output, mode="w") as tar:
                head = tarfile.TarInfo(_WHAT)
                head.size = len(text := json.dumps(what).encode())
                tar.addfile(head, io.BytesIO(text))
                tar.add(copy, _DATABASE)
                tar.add(folder, _FOLDER, filter=_is_worth_it)


def read(file: Path, *, replace: bool) -> Path | None:
    """Puts a backup in the place of the configured database, whose server is stopped.

    Returns:
        Where that which was there is now; None where nothing was.

    Raises:
        UsageError: something is there and is not to be replaced, or the backup is of the other kind of database.
        DataError: the file is none of ours, or damaged.
        UnavailableError: pg_restore is not here, or fails; the database is as it was then.
    """
    found, folder = database.configured(), database.folder()
    with _workshop() as workshop:
        _unpack(file, workshop, _kind(found))
        is_there = folder.exists() or (found is not None and _has_tables(found))
        if is_there and not replace:
            rule = "a Label Studio with its answers is there already"
            remedy = f"to replace it (it is kept aside): silverprint studio restore {file} --replace"
            raise UsageError(str(found or folder), rule, remedy)
        aside = _aside(found, folder) if is_there else None
        if found is None:
            (workshop / _DATABASE).rename(workshop / _FOLDER / database.SQLITE_NAME)
            if folder.exists() and aside is not None:
                folder.rename(aside)
        else:
            _restore_postgresql(found, workshop / _DATABASE)
            shutil.rmtree(folder, ignore_errors=True)
        (workshop / _FOLDER).rename(folder)
    return aside


def _kind(found: database.PostgreSQL | None) -> str:
    return "SQLite" if found is None else "PostgreSQL"


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder of our own beside the server's, on the same disk; it goes away at the end."""
    folder = server_home.STUDIO.folder
    server_home.make(folder)
    with disk_errors(folder), tempfile.TemporaryDirectory(prefix="backup-", dir=folder) as made:
        yield Path(made)


def _copy_sqlite(path: Path, copy: Path) -> None:
    """A consistent copy, also of a database that a server writes to meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        rule, remedy = f"it cannot be backed up ({error})", "run: silverprint studio down, then again"
        raise UnavailableError(str(path), rule, remedy) from None


def _is_worth_it(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Everything of the folder but the live database with its logs, and the exports that Label Studio once sent."""
    left_out = (f"{_FOLDER}/{database.SQLITE_NAME}", f"{_FOLDER}/export/")
    return None if member.name.startswith(left_out) else member


def _unpack(file: Path, workshop: Path, wanted: str) -> None:
    try:
        with tarfile.open(file) as tar:
            stream = tar.extractfile(_WHAT)
            what: dict[str, Any] = json.load(stream) if stream else {}
            if what["database"] != wanted:
                value, rule = str(file), f"it is of a {what['database']} database, and a {wanted} one is configured"
                address = "to an empty PostgreSQL" if wanted == "SQLite" else f"to nothing and remove {database.file()}"
                raise UsageError(value, rule, f"set {database.SETTING} {address}")
            tar.extractall(workshop, filter="data")
        if wanted == "SQLite":
            with closing(sqlite3.connect(workshop / _DATABASE)) as copy:
                said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if said != "ok":
                raise sqlite3.DatabaseError(said)
        (workshop / _FOLDER).stat()
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError, TypeError, sqlite3.Error) as error:
        rule = f"it is no whole backup of Label Studio ({type(error).__name__}: {error})"
        raise DataError(str(file), rule, "name a file that silverprint studio backup wrote") from None


def _aside(found: database.PostgreSQL | None, folder: Path) -> Path:
    """Where that which is replaced is kept: a folder for SQLite; for PostgreSQL a backup, which is written here."""
    stem = server_home.STUDIO.folder / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    if found is None:
        return stem
    folder.mkdir(parents=True, exist_ok=True)
    write(stem.with_suffix(".tar"))
    return stem.with_suffix(".tar")


def _has_tables(found: database.PostgreSQL) -> bool:
    (((count,),),) = own_database.on_postgresql(found, "its tables cannot be listed", [(_TABLES, {})])
    return int(count) > 0


def _restore_postgresql(found: database.PostgreSQL, dump: Path) -> None:
    """All or nothing: one transaction."""
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _postgresql_program(found, "pg_restore", *options, f"--dbname={found.name}", str(dump))


def _postgresql_program(found: database.PostgreSQL, name: str, *arguments: str) -> None:
    try:
        done = subprocess.run(
            [name, "--no-password", *arguments], env=own_database.clean(found), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        remedy = "install PostgreSQL's client programs, as new as the server (Debian: apt install postgresql-client)"
        raise UnavailableError(name, f"it is not on PATH, and {found} needs it", remedy) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word about why"])[0]
        raise UnavailableError(str(found), f"{name} failed ({said})", "correct that, then run again")
