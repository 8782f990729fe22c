"""Traces of pictures in one file: its raw bytes, and what Parquet, zip, tar and gzip hold inside, as a stream.

A picture's own bytes, or what was made of them, must go wherever they are. Its image_id is a hash that shows nothing:
bare in a table it may stay, as the record of what was asked and decided. It must go where it names a file, where a page
or a drawn picture says that it shows it, in a row that holds bytes, and in a list of features.
"""

import gzip
import hashlib
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import SEEK_SET, BytesIO, RawIOBase
from typing import Any, BinaryIO, Final, cast

import numpy as np

from silverprint.store.traces.finder import BLOCK, Finder, Hit, Label
from silverprint.store.traces.needles import THUMBNAIL, Needles

ID: Final = "its image_id"
NAMED: Final = "a file of its name"
SHOWN: Final = "a page or drawing that names it"
ROW: Final = "bytes in its row"
LISTED: Final = "its place in a list of features"
WHOLE: Final = "whole, by its digest"

# A truncated archive says so in many ways; pyarrow's errors are among them.
_DAMAGED: Final = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile, tarfile.TarError)
_DEEPEST: Final = 3  # archives inside of archives
_ROWS: Final = 64  # of a table in memory at once
_BUFFER: Final = 1 << 20  # bytes of a column in memory at once
_KEPT: Final = b"\nPAR1"
_HEAD: Final = 4096  # bytes by which a file's kind is told
_SHOWING: Final = (b"\x89png", b"\xff\xd8\xff", b"gif8", b"riff", b"<!doctype html", b"<html", b"<svg", b"%pdf")


@dataclass
class Found:
    """
    Attributes:
        gone: what must go and is there: (image_id, what) -> how often.
        stays: image_ids that may stay, bare in a table or a ledger: how often.
        unread: what could not be read inside, in words.
    """

    gone: Counter[Label] = field(default_factory=Counter)
    stays: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)


class Look:
    """What is looked for.

    Args:
        needles: of each picture.
    """

    def __init__(self, needles: Iterable[Needles]) -> None:
        self.image_ids: set[str] = set()
        self.digests: dict[str, str] = {}  # SHA-256 -> image_id
        strings: dict[bytes, Label] = {}
        for one in needles:
            self.image_ids.add(one.image_id)
            self.digests |= dict.fromkeys(one.digests, one.image_id)
            strings |= {part: Label(one.image_id, form) for form, parts in one.excerpts.items() for part in parts}
            strings[one.image_id.encode()] = Label(one.image_id, ID)
        self._finder = Finder(strings)

    def at(self, stream: BinaryIO, *, is_ledger: bool = False) -> Found:
        """Looks through a file that can be read from any place.

        Args:
            is_ledger: whether image_ids are what it is for, also with `.jpg` behind, as in an address.
        """
        found = Found()
        self._look(stream, found, 0, is_ledger)
        return found

    def _look(self, stream: BinaryIO, found: Found, depth: int, is_ledger: bool) -> None:
        head = stream.read(_HEAD)
        stream.seek(0)
        hashing = _Hashing(stream)
        kind = _kind(head)
        for hit in self._finder.hits(cast("BinaryIO", hashing)):
            if hit.label.form == THUMBNAIL and kind in _TABLES:
                continue
            _count(hit, found, shows=head.lstrip().lower().startswith(_SHOWING), bare=is_ledger or kind in _BARE)
        if (image_id := self.digests.get(hashing.digest.hexdigest())) is not None:
            found.gone[Label(image_id, WHOLE)] += 1
        opener = _OPENERS.get(kind)
        if opener is not None and depth < _DEEPEST:
            try:
                opener(self, stream, found, depth)
            except (
                OSError,
                EOFError,
                ValueError,
                RuntimeError,
                zlib.error,
                zipfile.BadZipFile,
                tarfile.TarError,
            ) as error:
                # A truncated archive says so in many ways; what it holds raw was looked at.
                found.unread.append(f"not readable as {kind}: {' '.join(str(error).split())[:120]}")

    def _zip(self, stream: BinaryIO, found: Found, depth: int) -> None:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as inside:
                        self._look(cast("BinaryIO", inside), found, depth + 1, False)

    def _gzip(self, stream: BinaryIO, found: Found, depth: int) -> None:
        stream.seek(0)
        with gzip.GzipFile(fileobj=stream) as inside:
            self._look(cast("BinaryIO", inside), found, depth + 1, False)

    def _tar(self, stream: BinaryIO, found: Found, depth: int) -> None:
        """Members' bytes lie in the file as they are: only whole members are left to look at."""
        stream.seek(0)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                inside = archive.extractfile(member)
                if inside is None:
                    continue
                digest, filled = hashlib.sha256(), False
                while block := inside.read(BLOCK):
                    digest.update(block)
                    filled = filled or bool(block.strip(b"\0"))
                name = member.name.rpartition("/")[2].partition(".")[0].partition("-")[0]  # -1: a copy of it
                if filled and name in self.image_ids:  # in a purged shard the name stays, before zeros
                    found.gone[Label(name, NAMED)] += 1
                if (image_id := self.digests.get(digest.hexdigest())) is not None:
                    found.gone[Label(image_id, WHOLE)] += 1

    def _kept(self, stream: BinaryIO, found: Found, depth: int) -> None:
        """A Parquet file behind the head of `store.local_cache`."""
        stream.seek(0)
        start = stream.read(_HEAD).index(_KEPT) + 1
        self._parquet(cast("BinaryIO", _Behind(stream, start)), found, depth)

    def _parquet(self, stream: BinaryIO, found: Found, _depth: int) -> None:
        """Pages of columns are compressed: they are decoded, some rows at a time."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False) as table:
            is_list = table.schema_arrow.names == ["image_id"]
            for batch in table.iter_batches(batch_size=65_536 if is_list else _ROWS):
                self._rows(batch, found, is_list)

    def _rows(self, batch: Any, found: Found, is_list: bool) -> None:
        named: set[str] = set()
        for values in _values(batch.columns):
            for hit in self._finder.hits(BytesIO(values)):
                if hit.label.form == ID:
                    named.add(hit.label.image_id)
                    _add(found, hit.label.image_id, LISTED if is_list else None)
                elif hit.label.form != THUMBNAIL:
                    found.gone[hit.label] += 1
        for data in _cells(batch.columns):
            if (image_id := self.digests.get(hashlib.sha256(data).hexdigest())) is not None:
                found.gone[Label(image_id, WHOLE)] += 1
        for image_id in sorted(named):
            rows = [row for row in batch.to_pylist() if image_id in row.values()]
            if any(_holds_bytes(value) for row in rows for value in row.values()):
                found.gone[Label(image_id, ROW)] += 1


class _Behind(RawIOBase):
    """What is in a stream behind its first `start` bytes."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream, self._start = stream, start
        stream.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return self._stream.seek(offset + (self._start if whence == SEEK_SET else 0), whence) - self._start

    def tell(self) -> int:
        return self._stream.tell() - self._start


class _Hashing:
    """A stream that takes the digest of what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data


def _count(hit: Hit, found: Found, *, shows: bool, bare: bool) -> None:
    if hit.label.form != ID:
        found.gone[hit.label] += 1
    elif shows:
        _add(found, hit.label.image_id, SHOWN)
    else:  # a dot and a letter behind it: the name of a file
        is_name = len(hit.after) > 1 and hit.after[:1] == b"." and hit.after[1:2].isalpha()
        _add(found, hit.label.image_id, NAMED if is_name and not bare else None)


def _add(found: Found, image_id: str, what: str | None) -> None:
    if what is None:
        found.stays[image_id] += 1
    else:
        found.gone[Label(image_id, what)] += 1


def _kind(head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head[257:262] == b"ustar":
        return "tar"
    if _KEPT in head[32:]:
        return "kept table"
    return "SQLite" if head.startswith(b"SQLite format 3\0") else ""


# Where an image_id with `.jpg` behind is no file: addresses in tables; pages of a database that were freed; the headers
# of a purged shard, before zeros.
_BARE: Final = ("Parquet", "SQLite", "tar")
_TABLES: Final = ("Parquet", "kept table")
_OPENERS: Final[dict[str, Callable[[Look, BinaryIO, Found, int], None]]] = {
    "Parquet": Look._parquet,
    "kept table": Look._kept,
    "zip": Look._zip,
    "gzip": Look._gzip,
    "tar": Look._tar,
}


def _leaves(columns: Iterable[Any]) -> Iterator[Any]:
    """The arrays of text and bytes below the columns."""
    import pyarrow as pa

    for array in columns:
        if pa.types.is_dictionary(array.type):
            yield from _leaves([array.dictionary])
        elif pa.types.is_struct(array.type) or pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
            yield from _leaves(array.flatten() if pa.types.is_struct(array.type) else [array.flatten()])
        elif any(is_kind(array.type) for is_kind in _kinds()):
            yield array


def _kinds() -> tuple[Callable[[Any], bool], ...]:
    import pyarrow as pa

    kinds = pa.types
    return kinds.is_string, kinds.is_large_string, kinds.is_binary, kinds.is_large_binary


def _values(columns: Iterable[Any]) -> Iterator[memoryview]:
    """The values of each array, one behind the other."""
    for array in _leaves(columns):
        _, offsets, values = array.buffers()
        if len(array) and values is not None:
            width = np.int64 if "large" in str(array.type) else np.int32
            ends = np.frombuffer(offsets, dtype=width)[array.offset : array.offset + len(array) + 1]
            yield memoryview(values)[ends[0] : ends[-1]]


def _cells(columns: Iterable[Any]) -> Iterator[bytes]:
    import pyarrow as pa

    for array in _leaves(columns):
        if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
            yield from (cell for cell in array.to_pylist() if cell)


def _holds_bytes(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_bytes, value.values()))
    if isinstance(value, list):
        return any(map(_holds_bytes, value))
    return isinstance(value, bytes) and bool(value)
