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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO, Final, cast

from silverprint.store.traces import columns, drawn_names
from silverprint.store.traces.finder import BLOCK, Finder, Hit, Label
from silverprint.store.traces.needles import THUMBNAIL, Needles
from silverprint.store.traces.streams import Behind, Hashing, spooled

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
_PAGES: Final = (b"<!doctype html", b"<html", b"<svg", b"%pdf")
_SHOWING: Final = (b"\x89png", b"\xff\xd8\xff", b"gif8", b"riff", *_PAGES)
# Heads of SQLite's files: the database, its write-ahead log (either byte order), its rollback journal.
_SQLITE: Final = (b"SQLite format 3\0", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")


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
        hashing = Hashing(stream)
        kind = _kind(head)
        for hit in self._finder.hits(cast("BinaryIO", hashing)):
            if hit.label.form == THUMBNAIL and kind in _TABLES:
                continue
            _count(hit, found, shows=head.lstrip().lower().startswith(_SHOWING), bare=is_ledger or kind in _BARE)
        if (image_id := self.digests.get(hashing.digest.hexdigest())) is not None:
            found.gone[Label(image_id, WHOLE)] += 1
        opener = _OPENERS.get(kind)
        if opener is None:
            return
        if depth == _DEEPEST:
            found.unread.append(f"{kind} inside of {_DEEPEST} archives")
            return
        try:
            if depth and kind in _ANY_ORDER:
                stream.seek(0)
                with spooled(stream) as copy:
                    opener(self, copy, found, depth)
            else:
                opener(self, stream, found, depth)
        except _DAMAGED as error:  # what it holds raw was looked at
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
        """Members' bytes lie in the file as they are: left to look at are whole ones, and what is packed in them."""
        stream.seek(0)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                inside = archive.extractfile(member)
                if inside is None:
                    continue
                name = member.name.rpartition("/")[2].partition(".")[0].partition("-")[0]  # -1: a copy of it
                is_filled = self._member(cast("BinaryIO", inside), found, depth)
                if is_filled and name in self.image_ids:  # in a purged shard the name stays, before zeros
                    found.gone[Label(name, NAMED)] += 1

    def _member(self, inside: BinaryIO, found: Found, depth: int) -> bool:
        """Returns whether there is anything but zeros."""
        block = inside.read(BLOCK)
        if _has_more(block[:_HEAD]):
            if depth:
                with spooled(inside, block) as copy:
                    self._look(copy, found, depth + 1, False)
            else:
                inside.seek(0)
                self._look(inside, found, depth + 1, False)
            return True
        digest, is_filled = hashlib.sha256(), False
        while block:
            digest.update(block)
            is_filled = is_filled or bool(block.strip(b"\0"))
            block = inside.read(BLOCK)
        if (image_id := self.digests.get(digest.hexdigest())) is not None:
            found.gone[Label(image_id, WHOLE)] += 1
        return is_filled

    def _kept(self, stream: BinaryIO, found: Found, depth: int) -> None:
        """A Parquet file behind the head of `store.local_cache`."""
        stream.seek(0)
        start = stream.read(_HEAD).index(_KEPT) + 1
        self._parquet(cast("BinaryIO", Behind(stream, start)), found, depth)

    def _parquet(self, stream: BinaryIO, found: Found, _depth: int) -> None:
        """Pages of columns are compressed: they are decoded, some rows at a time."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False) as table:
            is_list = table.schema_arrow.names == ["image_id"]
            for batch in table.iter_batches(batch_size=65_536 if is_list else _ROWS):
                self._rows(batch, found, is_list)

    def _rows(self, batch: Any, found: Found, is_list: bool) -> None:
        named: set[str] = set()
        for values in columns.values(batch.columns):
            for hit in self._finder.hits(BytesIO(values)):
                if hit.label.form == ID:
                    named.add(hit.label.image_id)
                    _add(found, hit.label.image_id, LISTED if is_list else None)
                elif hit.label.form != THUMBNAIL:
                    found.gone[hit.label] += 1
        for data in columns.cells(batch.columns):
            if (image_id := self.digests.get(hashlib.sha256(data).hexdigest())) is not None:
                found.gone[Label(image_id, WHOLE)] += 1
        for image_id in sorted(named):
            rows = [row for row in batch.to_pylist() if image_id in row.values()]
            if any(columns.holds_bytes(value) for row in rows for value in row.values()):
                found.gone[Label(image_id, ROW)] += 1


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
    return "SQLite" if head.startswith(_SQLITE) else ""


def _has_more(head: bytes) -> bool:
    """Whether a member of a tar tells more than its raw bytes: an archive, a table, a page, a drawing that names."""
    is_page = head.lstrip().lower().startswith(_PAGES)
    return is_page or drawn_names.KEY.encode() in head or _kind(head) in _OPENERS


# Where an image_id with `.jpg` behind is no file: addresses in tables; pages of a database that were freed; the headers
# of a purged shard, before zeros.
_BARE: Final = ("Parquet", "SQLite", "tar")
_TABLES: Final = ("Parquet", "kept table")
_ANY_ORDER: Final = (*_TABLES, "zip")  # what is read here and there
_OPENERS: Final[dict[str, Callable[[Look, BinaryIO, Found, int], None]]] = {
    "Parquet": Look._parquet,
    "kept table": Look._kept,
    "zip": Look._zip,
    "gzip": Look._gzip,
    "tar": Look._tar,
}
