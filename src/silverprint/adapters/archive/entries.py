"""The entries of a folder or a zip, each judged before a byte of it is read."""

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from silverprint.errors import DataError
from silverprint.store.intake import Answer

MAX_RATIO = 100  # times its packed size that an entry, or the whole archive, may unpack to
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a drop.

    Attributes:
        name: its path inside, with forward slashes.
        refusal: why it must not be read, or None.
        size: bytes, as stated.
        read: its first n bytes.
    """

    name: str
    refusal: str | None
    size: int
    read: Callable[[int], bytes]

    def answer(self, max_bytes: int) -> Answer:
        """Its bytes, or why they are not had."""
        if self.refusal is not None:
            return Answer("refused", self.refusal)
        if self.size > max_bytes:
            return Answer("refused", "too-large")
        try:
            data = self.read(max_bytes + 1)
        except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
            return Answer("failed", "unreadable")
        return Answer("refused", "too-large") if len(data) > max_bytes else Answer("present", data=data)


def folder_entries(folder: Path) -> Iterator[Entry]:
    """Every file below `folder`, sorted by name; links are not followed."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in sorted([*files, *linked]):
            path = Path(parent) / name
            found = path.lstat()
            inside = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")
            yield Entry(inside, _kind_refusal(found.st_mode), found.st_size, _file_reader(path))


def zip_entries(path: Path) -> list[Entry]:
    """Every file of a zip, in its order; the zip stays open as long as its entries live.

    Raises:
        DataError: not a zip that can be read.
    """
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(str(path), f"not a readable zip ({error})", "ask the partner for it again") from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    refusals = [_zip_refusal(info) for info in infos]
    honest = sum(info.file_size for info, refusal in zip(infos, refusals, strict=True) if refusal is None)
    bomb = "unpacks-too-far" if honest > MAX_RATIO * path.stat().st_size else None
    return [
        Entry(info.filename, refusal or bomb, info.file_size, _zip_reader(archive, info))
        for info, refusal in zip(infos, refusals, strict=True)
    ]


def _file_reader(path: Path) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as handle:
            return handle.read(limit)

    return read


def _zip_reader(archive: ZipFile, info: ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with archive.open(info) as handle:
            return handle.read(limit)

    return read


def _zip_refusal(info: ZipInfo) -> str | None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        return "unsafe-path"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    mode = info.external_attr >> 16
    refusal = _kind_refusal(mode) if stat.S_IFMT(mode) else None
    return refusal or ("unpacks-too-far" if info.file_size > MAX_RATIO * max(info.compress_size, 1) else None)


def _kind_refusal(mode: int) -> str | None:
    if stat.S_ISLNK(mode):
        return "link"
    return None if stat.S_ISREG(mode) else "device"
