"""Uploads that have not arrived whole: a file each, so that a sender whose connection broke goes on where it was."""

import re
import time
from pathlib import Path
from typing import IO, Final

from silverprint.store.files import disk_errors

_NAME: Final = re.compile("[0-9a-f]{32}")
_OF_ONE: Final = 6  # uploads that one person may leave open; of more the oldest goes
_OF_ALL: Final = 600
_KEPT_S: Final = 86_400.0


class MadeRoom(Exception):  # noqa: N818 (an answer, not a fault)
    """An upload is gone, though it was whole: its sender began too many others before it was looked at."""


class PartialUploads:
    """The open uploads of an inbox. Names are checked, and no name of a sender's file is ever one.

    Args:
        folder: theirs; what lies there for longer than a day is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for path in self._oldest_first("*"):
            if path.stat().st_mtime < time.time() - _KEPT_S:
                path.unlink()

    @staticmethod
    def is_name(upload: str) -> bool:
        return _NAME.fullmatch(upload) is not None

    def size(self, pseudonym: str, upload: str) -> int:
        """Bytes that are there; 0 where nothing is."""
        try:
            return self.path(pseudonym, upload).stat().st_size
        except FileNotFoundError:
            return 0

    def open(self, pseudonym: str, upload: str) -> IO[bytes]:
        """The file, to append to; where it is new, what was left longest makes room.

        Raises:
            DiskError: it cannot be made.
        """
        path = self.path(pseudonym, upload)
        if not path.exists():
            for pattern, most in ((f"{pseudonym}-*", _OF_ONE), ("*", _OF_ALL)):
                for old in self._oldest_first(pattern)[: 1 - most]:
                    old.unlink(missing_ok=True)
        with disk_errors(path):
            return path.open("ab")

    def read(self, pseudonym: str, upload: str) -> bytes:
        """
        Raises:
            MadeRoom: it is gone.
        """
        try:
            return self.path(pseudonym, upload).read_bytes()
        except FileNotFoundError:
            raise MadeRoom from None

    def drop(self, pseudonym: str, upload: str) -> None:
        self.path(pseudonym, upload).unlink(missing_ok=True)

    def path(self, pseudonym: str, upload: str) -> Path:
        """Its file, whether it is there or not."""
        return self._folder / f"{pseudonym}-{upload}"

    def _oldest_first(self, pattern: str) -> list[Path]:
        return sorted(self._folder.glob(pattern), key=lambda path: path.stat().st_mtime)
