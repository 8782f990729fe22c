"""Index of a manifest's rows by path, in a temporary SQLite table, so that memory does not grow with the manifest."""

import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from types import TracebackType
from typing import Any, Final, Self

from silverprint.adapters.archive.entry_names import comparison_key
from silverprint.errors import DiskError


@dataclass(frozen=True, slots=True)
class FileStatement:
    sha256: str | None = None
    license: str | None = None
    contract: str | None = None
    consent: str | None = None
    label: str | None = None
    caption: str | None = None
    page_url: str | None = None


_TABLE: Final = (
    "CREATE TABLE stated (key TEXT PRIMARY KEY, line, path, "
    "sha256, license, contract, consent, label, caption, page_url) WITHOUT ROWID"
)
_CACHE: Final = 32_000  # KiB of the table in memory


class ManifestIndex:
    """By a file's name, as `entry_names.comparison_key` compares it. Used as a context, at whose end the table is gone.

    Raises:
        DiskError: no room for the table.
    """

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)  # a file without a name, gone with the connection
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE}"):
            self._table.execute(f"PRAGMA {setting}")
        self._table.execute(_TABLE)
        self._table.execute("BEGIN")  # one transaction that never ends: each row by itself would be written at once

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._table.close()

    def clear(self) -> None:
        self._do("DELETE FROM stated")

    def add(self, path: str, line: int, stated: FileStatement) -> int | None:
        """Notes what `line` states of `path`; the line that did so before, where there is one."""
        name = comparison_key(_written(path))
        values = [_written(value) for value in astuple(stated)]
        insert = "INSERT OR IGNORE INTO stated VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        done = self._do(insert, name, line, _written(path), *values)
        if done.rowcount:
            return None
        before: int = self._do("SELECT line FROM stated WHERE key = ?", name).fetchone()[0]
        return before

    def take(self, path: str) -> FileStatement | None:
        """What is stated of `path`, which then is no longer there."""
        name = comparison_key(_written(path))
        found = self._do("SELECT * FROM stated WHERE key = ?", name).fetchone()
        if found is None:
            return None
        self._do("DELETE FROM stated WHERE key = ?", name)
        return FileStatement(*found[3:])

    def rest(self) -> Iterator[tuple[str, FileStatement]]:
        """What was not taken, by the paths as the manifest has them, sorted."""
        for _, _, path, *stated in self._do("SELECT * FROM stated ORDER BY path"):
            yield path, FileStatement(*stated)

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:
            return self._table.execute(statement, values)
        except sqlite3.OperationalError as error:
            remedy = "free space where temporary files are, or set SQLITE_TMPDIR"
            raise DiskError("the manifest's table", f"cannot be written ({error})", remedy) from None


def _written(text: str | None) -> Any:
    """Text that UTF-8 can write: JSON may name half of a character."""
    return text if text is None or text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
