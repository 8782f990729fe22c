"""Journal of an inbox: events as lines of JSON, appended, and on the disk before anybody is told of them.

Several processes may write: the pages' server, and the commands. A lock on the file keeps them apart; it also says that
a last line without an end is what a killed writer left, and it is cut off: nobody was told of it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from silverprint.errors import DataError
from silverprint.store.files import disk_errors

Event: TypeAlias = dict[str, Any]

_PIECE: Final = 1_000_000  # bytes that are read at a time


class Journal:
    """A journal that is open.

    Args:
        path: its file; made, for its owner alone, where there is none.

    Raises:
        DiskError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with disk_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            sync_folder(path.parent)
        self._read_to = 0  # bytes
        self._line = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._file)

    def new_events(self) -> list[Event]:
        """The events that were not read or appended by this object yet, older ones first.

        Raises:
            DataError: a line is no event.
        """
        if os.fstat(self._file).st_size == self._read_to:
            return []
        with self._locked():
            return self._rest()

    def append(self, event: Event) -> list[Event]:
        """Writes an event; returns it, after those of others that came before it.

        When this returns it is on the disk.

        Raises:
            DiskError: no space; the journal is as it was.
        """
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._locked():
            before = self._rest()
            try:
                with disk_errors(self._path):
                    written = os.write(self._file, line)
                    while written < len(line):
                        written += os.write(self._file, line[written:])
                    os.fsync(self._file)
            except BaseException:
                os.ftruncate(self._file, self._read_to)
                raise
            self._read_to, self._line = self._read_to + len(line), self._line + 1
        return [*before, event]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _rest(self) -> list[Event]:
        """What is behind the place that was read to; the lock is held, so no line is being written."""
        rest, at = bytearray(), self._read_to
        while piece := os.pread(self._file, _PIECE, at):
            rest += piece
            at += len(piece)
        whole = rest.rfind(b"\n") + 1
        if whole < len(rest):
            os.ftruncate(self._file, self._read_to + whole)
        events = [self._event(line) for line in bytes(rest[:whole]).splitlines()]
        self._read_to += whole
        return events

    def _event(self, line: bytes) -> Event:
        self._line += 1
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            rule = "is no event, and what contributors gave hangs on it"
            raise DataError(f"{self._path} line {self._line}", rule, "restore the file, or take that line out")
        return event


def sync_folder(folder: Path) -> None:
    """Brings a folder's own entries to the disk, so that a new name outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
