"""What a source's path leads to: a folder, a zip, a tar or an S3 prefix."""

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import is_zipfile

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.folder import folder_entries
from silverprint.adapters.archive.objects import object_entries
from silverprint.adapters.archive.tarred import is_tar, tar_entries
from silverprint.adapters.archive.zipped import zip_entries
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.s3 import SCHEME


@dataclass(frozen=True)
class Drop:
    """Files with names, wherever they lie.

    Attributes:
        place: where, as a message names it.
        before: what stands before an entry's name in its address.
        entries: every file, each to be read before the next one is asked for; may be called again.
    """

    place: str
    before: str
    entries: Callable[[], Iterable[Entry]]


def opened(name: str, path: str) -> Drop:
    """The drop at `path` of the source `name`.

    Raises:
        UnavailableError: nothing is there, or it is closed to us.
        ConfigError: it is nothing of the kind.
        DataError: an archive is damaged as a whole.
    """
    if path.startswith(SCHEME):
        address = path.rstrip("/")
        return Drop(address, f"{address}/", lambda: object_entries(address))
    value, place = f"sources.{name}.path = {path!r}", Path(path)
    return Drop(path, f"{place.name}!", _files(value, place))


def opened_folder(name: str, path: str) -> Drop:
    """As `opened`, of a folder alone."""
    value, place = f"sources.{name}.path = {path!r}", Path(path)
    if not stat.S_ISDIR(_mode(value, place)):
        raise ConfigError(value, "must be a folder", "mend the path; a file with pictures in it is of kind archive")
    return Drop(path, f"{place.name}!", lambda: folder_entries(place))


def _files(value: str, path: Path) -> Callable[[], Iterable[Entry]]:
    mode = _mode(value, path)
    if stat.S_ISDIR(mode):
        return lambda: folder_entries(path)
    # A pipe would keep whoever opens it waiting, so this is asked first.
    if stat.S_ISREG(mode):
        if _begins_as_zip(path) or is_zipfile(path):
            found = zip_entries(path)
            return lambda: found
        if is_tar(path):
            return lambda: tar_entries(path)
    remedy = "mend the path; put single pictures into a folder"
    raise ConfigError(value, "must be a folder, a zip, a tar or an S3 prefix", remedy)


def _mode(value: str, path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        remedy = "put it there or mend the path (the sample: make demo)"
        raise UnavailableError(value, "no such folder or file", remedy) from None


def _begins_as_zip(path: Path) -> bool:
    """Whether it is meant to be a zip, though perhaps cut off."""
    try:
        with path.open("rb") as handle:
            return handle.read(2) == b"PK"
    except OSError as error:
        rule = f"the file cannot be read ({error.strerror})"
        raise UnavailableError(str(path), rule, "check its owner and mode") from None
