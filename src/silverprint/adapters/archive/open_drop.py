"""Opening of a source's path: a folder, a zip or a tar, on disk or on S3."""

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import is_zipfile

from silverprint.adapters.archive.entries import Blob, Entry, open_local
from silverprint.adapters.archive.entry_names import AUTO, refuse_twins
from silverprint.adapters.archive.folder_entries import count_files, folder_entries
from silverprint.adapters.archive.s3_file import find_object
from silverprint.adapters.archive.s3_prefix import object_entries
from silverprint.adapters.archive.tar_entries import is_tar, tar_entries
from silverprint.adapters.archive.zip_entries import zip_entries
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.s3 import SCHEME


@dataclass(frozen=True)
class Drop:
    """Files with names, wherever they lie.

    Attributes:
        place: where, as a message names it.
        before: what stands before an entry's name in its address.
        entries: every file, each to be read before the next one is asked for; may be called again.
        version: of all of it, where it is one object of S3.
        count: how many entries there are, where it can be known without reading them.
    """

    place: str
    before: str
    entries: Callable[[], Iterable[Entry]]
    version: str | None = None
    count: Callable[[], int] | None = None


def open_drop(name: str, path: str, names: str = AUTO) -> Drop:
    """The drop at `path` of the source `name`; `names`: the encoding of those that an archive does not declare.

    Raises:
        UnavailableError: nothing is there, or it is closed to us, or (S3) does not answer.
        NotAllowedError: S3 does not let us.
        ConfigError: it is nothing of the kind.
        DataError: an archive is damaged as a whole.
    """
    value = f"sources.{name}.path = {path!r}"
    if path.startswith(SCHEME):
        return _on_s3(value, path, names)
    place = Path(path)
    mode = _mode(value, place)
    if stat.S_ISDIR(mode):
        return _folder(path, place)
    if not stat.S_ISREG(mode):  # a pipe would keep whoever opens it waiting
        raise _nothing_of_the_kind(value)
    return Drop(path, f"{place.name}!", _entries(value, open_local(place), names))


def open_folder(name: str, path: str) -> Drop:
    """Opens a drop that is a folder, as `open_drop` does."""
    value, place = f"sources.{name}.path = {path!r}", Path(path)
    if not stat.S_ISDIR(_mode(value, place)):
        raise ConfigError(value, "must be a folder", "fix the path; a file with pictures in it is of kind archive")
    return _folder(path, place)


def _folder(path: str, place: Path) -> Drop:
    def entries() -> Iterable[Entry]:
        return refuse_twins(folder_entries(place))

    return Drop(path, f"{place.name}!", entries, count=lambda: count_files(place))


def _on_s3(value: str, path: str, names: str) -> Drop:
    address = path.rstrip("/")
    blob = find_object(address) if address == path else None  # a slash at the end says what it is
    if blob is None:
        return Drop(address, f"{address}/", lambda: refuse_twins(object_entries(address)))
    entries = cache(lambda: _entries(value, blob, names))  # its kind costs requests to find out, and may not matter
    return Drop(address, f"{address}!", lambda: entries()(), blob.etag)


def _entries(value: str, blob: Blob, names: str) -> Callable[[], Iterable[Entry]]:
    if _is_zip(blob):
        found = zip_entries(blob, names)
        return lambda: found
    if is_tar(blob):
        return lambda: tar_entries(blob, names)
    raise _nothing_of_the_kind(value)


def _nothing_of_the_kind(value: str) -> ConfigError:
    remedy = "fix the path; put single pictures into a folder"
    return ConfigError(value, "must be a folder, a zip, a tar or an S3 prefix", remedy)


def _mode(value: str, path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        remedy = "put it there or fix the path (the sample: make demo)"
        raise UnavailableError(value, "no such folder or file", remedy) from None


def _is_zip(blob: Blob) -> bool:
    """Whether it is a zip, or meant to be one, though perhaps cut off."""
    try:
        with blob.open() as handle:
            return handle.read(2) == b"PK" or is_zipfile(handle)
    except OSError as error:
        rule = f"the file cannot be read ({error.strerror})"
        raise UnavailableError(blob.place, rule, "check its owner and mode") from None
