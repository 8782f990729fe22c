"""SQL on the database of the server that `silverprint studio up` runs here, while the server runs or not."""

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias

from silverprint.adapters.labelstudio import database, environment, inside_server
from silverprint.errors import UnavailableError
from silverprint.store import server_home

Statement: TypeAlias = tuple[str, Mapping[str, Any]]  # SQL of both databases with :names, and their values
Rows: TypeAlias = list[list[Any]]

_PATIENCE_S: Final = 30.0  # time to wait for a server that is writing
_INHERITED: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
_AGAIN: Final = "run: silverprint studio down, then: silverprint studio up"


def clean(found: database.PostgreSQL) -> dict[str, str]:
    """An environment for a program that works on the database: no other of libpq's variables counts."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | found.libpq


def path() -> Path:
    """The SQLite file, where no PostgreSQL is configured."""
    return server_home.STUDIO.folder / "data" / database.SQLITE_NAME


def place() -> str:
    """Where it is, for messages."""
    return str(database.configured() or path())


def require_postgresql() -> None:
    """
    Raises:
        UnavailableError: a PostgreSQL is configured and does not let us in.
    """
    if (found := database.configured()) is not None:
        on_postgresql(found, "Label Studio cannot keep its data there", [("SELECT 1", {})])


def run(failed: str, *statements: Statement) -> list[Rows]:
    """The rows of each statement; all are one transaction.

    Args:
        failed: what it means, in words, if the database cannot be used.

    Raises:
        UnavailableError: it is not readable, or stays locked.
    """
    found = database.configured()
    return _on_sqlite(failed, statements) if found is None else on_postgresql(found, failed, statements)


def _on_sqlite(failed: str, statements: Sequence[Statement]) -> list[Rows]:
    try:
        address = f"{path().resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S)) as connection, connection:
            return [[list(row) for row in connection.execute(*statement)] for statement in statements]
    except sqlite3.Error as error:
        raise UnavailableError(str(path()), f"{failed} ({error})", _AGAIN) from None


def on_postgresql(found: database.PostgreSQL, failed: str, statements: Sequence[Statement]) -> list[Rows]:
    """Like `run`. The driver is in Label Studio's environment."""
    program = Path(inside_server.__file__).with_name("run_sql.py")
    asked = [[re.sub(r":([a-z_]+)", r"%(\1)s", sql), values] for sql, values in statements]
    done = subprocess.run(
        [environment.ready() / "bin/python", program], input=json.dumps({"statements": asked}), text=True,
        capture_output=True, check=False, env=clean(found),
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word about why"])[-1]
        remedy = f"check the server and {database.SETTING} (or {database.file()}), then run again"
        raise UnavailableError(str(found), f"{failed} ({said})", remedy)
    rows: list[Rows] = json.loads(done.stdout)
    return rows
