"""Survey of a place for traces of pictures: every file is read, inside containers too, in bounded memory."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from silverprint import layout
from silverprint.dvcfiles import storage
from silverprint.dvcfiles.storage import Storage
from silverprint.store.traces import contents, drawn_names
from silverprint.store.traces.contents import Found, Look
from silverprint.store.traces.finder import Label

UNSAID: Final = "a drawing of pictures that does not say which"
_FEATURES: Final = "features beside a list that names it"

# Drawings of many pictures. Those that this version draws name them in a text of the PNG; earlier ones may show any.
_SHEETS: Final = frozenset({"contact-sheet.png", "strip.png", "hardest.png", "surest-mistakes.png"})
_HEAD: Final = 1 << 16  # bytes of a PNG in which its texts stand
_ID: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Place:
    """Somewhere that may hold traces.

    Attributes:
        name: as the table of a proof calls it.
        read: what a function makes of a file, by its path.
        files: (path, bytes) of every file; raises UnavailableError or NotAllowedError where it cannot be looked at.
        remove: removes files of it; None where they are not ours.
        is_ledger: whether image_ids are what a file is for.
        lists: DVC's lists of the files of a folder are among its files.
    """

    name: str
    files: Callable[[], Iterator[tuple[str, int]]]
    read: Callable[[str, Callable[[BinaryIO], Any]], Any]
    remove: Callable[[list[str]], None] | None
    is_ledger: Callable[[str], bool] = lambda _path: False
    lists: bool = False


@dataclass
class Survey:
    """What was looked at, and found.

    Attributes:
        gone: path -> what must go and is there.
        listing: DVC's lists that name a file of `gone`.
    """

    files: int = 0
    size: int = 0  # bytes
    gone: dict[str, Counter[Label]] = field(default_factory=dict)
    stays: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    listing: list[str] = field(default_factory=list)


def folder(name: str, root: Path, skip: Iterable[Path] = (), *, ours: bool = True) -> Place:
    """The plain files below a folder; nothing where there is none."""
    skipped = tuple(skip)

    def files() -> Iterator[tuple[str, int]]:
        for path in _below(root) if root.is_dir() else [root]:
            if path.is_file() and not any(path.is_relative_to(one) for one in skipped):
                with suppress(FileNotFoundError):  # a server that is up removes files of its own
                    yield str(path), path.stat().st_size

    def read(path: str, work: Callable[[BinaryIO], Any]) -> Any:
        with Path(path).open("rb") as stream:
            return work(stream)

    def remove(paths: list[str]) -> None:
        for path in paths:
            Path(path).unlink(missing_ok=True)

    return Place(name, files, read, remove if ours else None, _is_ledger)


def _below(root: Path) -> Iterator[Path]:
    """What is in a folder, links to other folders followed, each once."""
    seen: set[str] = set()
    for path, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(path)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(path) / name for name in sorted(names))


def stored(place: Storage) -> Place:
    """DVC's cache or a remote."""
    return Place(place.name, place.files, place.read, place.remove, lists=True)


def survey(place: Place, look: Look) -> Survey:
    """Reads every file of the place.

    Raises:
        UnavailableError: it does not answer; what was looked at is then no proof.
        NotAllowedError: it is closed to us.
    """
    seen = Survey()
    objects: list[str] = []
    sheets: dict[str, str] = {}  # a file's hash -> its name
    features: dict[str, str] = {}  # hash of a list's file -> that of its features
    for path, size in place.files():
        objects.append(path)
        try:
            found: Found = place.read(path, partial(look.at, is_ledger=place.is_ledger(path)))
        except FileNotFoundError:
            continue
        except OSError as error:
            seen.unread.append(f"{path}: {error.strerror}")
            continue
        seen.files, seen.size = seen.files + 1, seen.size + size
        _note_name(path, look, found)
        if found.gone:
            seen.gone[path] = found.gone
        seen.stays += found.stays
        seen.unread += [f"{path}: {what}" for what in found.unread]
        if place.lists and path.endswith(".dir"):
            _read_list(place, path, sheets, features)
        elif not place.lists and Path(path).name in _SHEETS:
            _note_unsaid(place, path, seen)
    if place.lists:
        _follow_lists(place, seen, objects, sheets, features)
    return seen


def _note_name(path: str, look: Look, found: Found) -> None:
    named = _ID.match(path.rpartition("/")[2])
    if named is not None and named[0] in look.image_ids:
        found.gone[Label(named[0], contents.NAMED)] += 1


def _note_unsaid(place: Place, path: str, seen: Survey) -> None:
    if drawn_names.KEY.encode() not in place.read(path, _head):
        seen.gone.setdefault(path, Counter())[Label("", UNSAID)] += 1


def _entries(place: Place, path: str) -> list[tuple[str, str]]:
    """(name, hash) of the files of a folder's version, by DVC's list."""
    try:
        return [(str(one["relpath"]), str(one["md5"])) for one in place.read(path, json.load)]
    except (ValueError, KeyError, TypeError):
        return []


def _head(stream: BinaryIO) -> bytes:
    return stream.read(_HEAD)


def _read_list(place: Place, path: str, sheets: dict[str, str], features: dict[str, str]) -> None:
    entries = dict(_entries(place, path))
    for name, md5 in entries.items():
        if name.rpartition("/")[2] in _SHEETS:
            sheets[md5] = name
        if name.endswith(".npy") and (table := entries.get(name.removesuffix(".npy") + ".parquet")):
            features[table] = md5


def _follow_lists(
    place: Place, seen: Survey, objects: list[str], sheets: dict[str, str], features: dict[str, str]
) -> None:
    """What only a file's name in a list tells: drawings, and features whose rows no needle knows."""
    listed = {
        features.get(storage.md5_of(path) or "")
        for path, found in seen.gone.items()
        if any(label.form == contents.LISTED for label in found)
    }
    for path in objects:
        md5 = storage.md5_of(path)
        if md5 is None:
            continue
        if md5 in sheets:
            _note_unsaid(place, path, seen)
        if md5 in listed:
            seen.gone.setdefault(path, Counter())[Label("", _FEATURES)] += 1
    gone = {storage.md5_of(path) for path in seen.gone}
    seen.listing = [
        path
        for path in objects
        if path.endswith(".dir") and path not in seen.gone and gone & {md5 for _, md5 in _entries(place, path)}
    ]


def _is_ledger(path: str) -> bool:
    """Files in Git: lines and documents about what was decided."""
    parent, rounds = Path(path).parent, layout.ROUNDS
    in_git = (Path("data"), layout.CLEAN_METRICS.parent)
    return parent in in_git or parent.parent == rounds or Path(path).name == "journal"
