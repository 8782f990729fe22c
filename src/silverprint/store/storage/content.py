"""Content of an output's large files, on this disk or in a bucket: whoever reads need not know which."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from silverprint.errors import UnavailableError
from silverprint.store import files
from silverprint.store.s3 import Bucket
from silverprint.store.storage import pointer
from silverprint.store.storage.bucket import BucketStorage
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


def overwrite(path: Path, places: Collection[tuple[int, int]]) -> None:
    """Replaces the content of `path` by one with zeros at each (offset, size), bytes.

    An object that had these bytes stays until `delete_purged`: the pointer keeps its address.

    Raises:
        DiskError: no space for a copy.
        UnavailableError, NotAllowedError: the bucket does not give it, or does not take the new one.
    """
    found = None if path.exists() else pointer.read(path)
    if found is None:
        with files.replacing(path) as temporary:
            _copy(path, temporary, places)
        return
    temporary = path.with_name(f".{path.name}.part")
    try:
        with files.disk_errors(temporary):
            _copy(path, temporary, places)
        before = BucketStorage(found.address.rsplit("/", 3)[0])
        before.publish(temporary, path, purged=(*found.purged, found.address))
    finally:
        temporary.unlink(missing_ok=True)


def _copy(path: Path, to: Path, places: Collection[tuple[int, int]]) -> None:
    with opened(path) as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        for offset, length in places:
            target.seek(offset)
            target.write(bytes(length))


def purged_objects(root: Path) -> list[str]:
    """Addresses of the objects that stood for files of `root` before an image in them was purged."""
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
