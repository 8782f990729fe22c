"""Files of a folder. Links are never followed, pipes and devices never opened."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from silverprint.adapters.archive.entries import Entry, kind_refusal
from silverprint.errors import UnavailableError


def folder_entries(folder: Path) -> Iterator[Entry]:
    """Every file below `folder`: a folder's own files, then its folders, each sorted by name.

    A folder below that cannot be listed is an entry that cannot be read.

    Raises:
        UnavailableError: `folder` itself cannot be listed.
    """
    waiting = [folder]  # no recursion: a drop may be nested deeper than Python's stack
    while waiting:
        here = waiting.pop()
        try:
            found = sorted(os.scandir(here), key=lambda item: item.name)
        except OSError as error:
            if here == folder:
                rule = f"the folder cannot be listed ({error.strerror})"
                raise UnavailableError(str(folder), rule, "check its owner and mode") from None
            yield Entry(_inside(folder, here), None, 0, _reader(here))
            continue
        folders = {item.name for item in found if item.is_dir(follow_symlinks=False)}
        yield from (_entry(folder, here / item.name) for item in found if item.name not in folders)
        waiting.extend(here / name for name in sorted(folders, reverse=True))


def count_files(folder: Path) -> int:
    """How many entries `folder_entries` has, without a look at the files; 0 where `folder` itself cannot be listed."""
    return sum(1 for _ in file_names(folder))


def file_names(folder: Path) -> Iterator[str]:
    """The names of the entries that `folder_entries` has, in any order, without a look at the files; none where
    `folder` itself cannot be listed.
    """
    waiting, before = [str(folder)], len(os.path.join(folder, ""))  # noqa: PTH118 (with the slash at its end)
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as found:
                for item in found:
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(item.path)
                    else:
                        yield _text(item.path[before:])
        except OSError:
            if here != str(folder):
                yield _text(here[before:])


def _entry(folder: Path, path: Path) -> Entry:
    try:
        found = path.lstat()
    except OSError:  # the path is too long, or gone: reading it fails as well
        return Entry(_inside(folder, path), None, 0, _reader(path))
    etag = f"{found.st_size}:{found.st_mtime_ns}"
    return Entry(_inside(folder, path), kind_refusal(found.st_mode), found.st_size, _reader(path), etag)


def _inside(folder: Path, path: Path) -> str:
    return _text(path.relative_to(folder).as_posix())


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _reader(path: Path) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as handle:
            return handle.read(limit)

    return read
