"""Entries of a drop, judged by name and size before any of their bytes are read, and the file they come from."""

import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import IO
from zipfile import BadZipFile

from backports.zstd import ZstdError

from silverprint.fetch_result import Answer

MAX_RATIO = 100  # largest ratio of unpacked to packed size, of an entry and of the whole archive

# Exceptions that damage or malice in one file was seen to raise.
_DAMAGE = (BadZipFile, zlib.error, LZMAError, ZstdError, EOFError, OSError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Blob:
    """A file on the disk or an object on S3.

    Attributes:
        place: where, as a message names it.
        size: bytes.
        open: its bytes, seekable; to be closed by whoever opened it.
        etag: of its version, where its store names one; then all that is read is of that version.
        last_modified: as its store says.
    """

    place: str
    size: int
    open: Callable[[], IO[bytes]]
    etag: str | None = None
    last_modified: str | None = None


def open_local(path: Path) -> Blob:
    return Blob(str(path), path.stat().st_size, lambda: path.open("rb"))


class UnpacksTooFar(Exception):  # noqa: N818
    """An archive has unpacked to more than MAX_RATIO times its size."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a drop.

    Attributes:
        name: its path inside, with forward slashes.
        refusal: why it must not be read, or None.
        size: bytes, as stated.
        read: its first n bytes.
        etag: tells it from a changed one, where it need not be read to know; as in records.RAW.
        last_modified: as its store says.
        guessed: whether nothing says how the bytes of its name are to be read.
    """

    name: str
    refusal: str | None
    size: int
    read: Callable[[int], bytes]
    etag: str | None = None
    last_modified: str | None = None
    guessed: bool = False

    def answer(self, max_bytes: int) -> Answer:
        """The entry's bytes, or the reason why there are none."""
        if self.refusal is not None:
            return Answer("refused", self.refusal)
        if self.size > max_bytes:
            return Answer("refused", "too-large")
        try:
            data = self.read(max_bytes + 1)
        except UnpacksTooFar:
            return Answer("refused", "unpacks-too-far")
        except _DAMAGE:
            return Answer("failed", "unreadable")
        return Answer("refused", "too-large") if len(data) > max_bytes else Answer("present", data=data)


def is_unsafe(name: str) -> bool:
    """Whether a name inside leads out of its archive: it climbs, is absolute, or names a drive."""
    name = name.replace("\\", "/")
    return name.startswith("/") or name[1:2] == ":" or ".." in name.split("/")


def kind_refusal(mode: int) -> str | None:
    """Why a file of this mode must not be read: only plain files are."""
    if stat.S_ISLNK(mode):
        return "link"
    return None if stat.S_ISREG(mode) else "device"
