"""Content of an output's large files, on this disk or in a bucket: whoever reads need not know which."""

import hashlib
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from silverprint.errors import DataError, UnavailableError
from silverprint.store import files
from silverprint.store.s3 import Bucket
from silverprint.store.storage import pointer
from silverprint.store.storage.bucket import BucketStorage
from silverprint.store.storage.disk import DiskStorage
from silverprint.store.storage.pointer import SUFFIX, Pointer


def address(path: Path) -> str:
    """Where the content of `path` is read: the path itself, or its object's address."""
    found = None if path.exists() else pointer.read(path)
    return str(path) if found is None else found.address


def size(path: Path) -> int | None:
    """Bytes of the content; None where there is none.

    Raises:
        UnavailableError: the bucket does not answer.
    """
    if path.exists():
        return path.stat().st_size
    found = pointer.read(path)
    return None if found is None else Bucket().size(found.address)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The content to read from its beginning, or at any place; of an object, some megabytes at a time.

    Raises:
        UnavailableError: it is not there.
    """
    found = None if path.exists() else pointer.read(path)
    if found is not None:
        with Bucket().opened(found.address) as handle:
            yield handle
        return
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise UnavailableError(str(path), "the file is not there", f"run: dvc pull {path.parent}") from None


def local_copy(path: Path, copies: Path) -> Path:
    """A file of this disk with the content of `path`: itself, or a copy of its object, fetched once into `copies`.

    Raises:
        UnavailableError, NotAllowedError: the bucket does not give it.
        DataError: the object is not what the pointer says.
        DiskError: no space.
    """
    found = None if path.exists() else pointer.read(path)
    if found is None:
        return path
    copy = copies / found.sha256
    if not copy.exists():
        with files.replacing(copy, lasting=False) as temporary:
            Bucket().download(found.address, temporary)
            with temporary.open("rb") as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() != found.sha256:
                    rule = f"its SHA-256 is not that of {pointer.pointer_path(path)}"
                    raise DataError(found.address, rule, "restore the object from a copy of the bucket")
    return copy


def overwrite(path: Path, places: Collection[tuple[int, int]]) -> None:
    """Replaces the content of `path` by one with zeros at each (offset, size), bytes.

    Raises:
        As `replace`.
    """
    whole = path.with_name(f".{path.name}.part")
    with files.replacing(whole) as temporary:
        _copy(path, temporary, places)
    replace(path, whole)


def replace(path: Path, finished: Path) -> None:
    """Replaces the content of `path` by that of `finished`, which is gone then, where it lies.

    An object that was there stays until `delete_purged`: the pointer keeps its address.

    Raises:
        DiskError: no space.
        UnavailableError, NotAllowedError: the bucket does not take it.
    """
    found = None if path.exists() else pointer.read(path)
    before = DiskStorage() if found is None else BucketStorage(found.address.rsplit("/", 3)[0])
    before.publish(finished, path)


def _copy(path: Path, to: Path, places: Collection[tuple[int, int]]) -> None:
    with opened(path) as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        for offset, length in places:
            target.seek(offset)
            target.write(bytes(length))


def purged_objects(root: Path) -> list[str]:
    """Addresses of the objects that stood for files of `root` before they were replaced."""
    return [address for found in _pointers(root) for address in found.purged]


def prefixes(root: Path) -> list[str]:
    """The prefixes below which the objects of `root` lie: several, where the storage was changed."""
    return sorted({found.address.rsplit("/", 2)[0] for found in _pointers(root)})


def _pointers(root: Path) -> list[Pointer]:
    paths = [there.with_name(there.name.removesuffix(SUFFIX)) for there in sorted(root.glob(f"*{SUFFIX}"))]
    return [found for path in paths if (found := pointer.read(path))]


def delete_purged(root: Path) -> list[str]:
    """Deletes those of them that are still there, every version that the bucket kept; returns their addresses.

    Raises:
        UnavailableError, NotAllowedError: the bucket does not let us.
    """
    bucket = Bucket()
    return [one for one in purged_objects(root) if bucket.delete(one)]
