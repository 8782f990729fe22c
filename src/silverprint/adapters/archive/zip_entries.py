"""Files of a zip."""

import stat
import weakref
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import IO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from silverprint.adapters.archive.bounded_zip_read import read_first
from silverprint.adapters.archive.entries import MAX_RATIO, Blob, Entry, is_unsafe, kind_refusal
from silverprint.adapters.archive.entry_names import AUTO, zip_name
from silverprint.core.unicode_names import to_nfc
from silverprint.errors import DataError

_ENCRYPTED = 0x1
_WRAPS: Final = 1 << 16  # old programs count so far and begin again
_DIRECTORY: Final = 64_000_000  # bytes: of some 500,000 files


def zip_entries(blob: Blob, names: str = AUTO) -> list[Entry]:
    """Every file of a zip, in its order; the zip stays open as long as its entries live.

    Of several entries of one name, in whatever Unicode form, the first has it; each other is refused, under the name
    with `#2`, `#3`, ... behind.

    Args:
        names: the encoding of those that are not declared.

    Raises:
        DataError: not a zip that can be read, or one whose directory is too long.
    """
    handle = blob.open()
    try:
        total = _stated_count(blob, handle)
        archive = ZipFile(handle)
        if (total - len(archive.filelist)) % _WRAPS:
            raise BadZipFile(f"its directory names {len(archive.filelist):,} files of {total:,}")
    except (BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        handle.close()
        raise DataError(blob.place, f"not a readable zip ({error})", "ask the partner for it again") from None
    except DataError:
        handle.close()
        raise
    weakref.finalize(archive, handle.close)
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    refusals = [_refusal(info) for info in infos]
    honest = sum(info.file_size for info, refusal in zip(infos, refusals, strict=True) if refusal is None)
    bomb = "unpacks-too-far" if honest > MAX_RATIO * blob.size else None
    seen: Counter[str] = Counter()
    entries = []
    for info, refusal in zip(infos, refusals, strict=True):
        stated, guessed = zip_name(info, names)
        refusal = "unsafe-path" if is_unsafe(stated) else refusal
        seen[to_nfc(stated)] += 1
        again = seen[to_nfc(stated)]
        name = stated if again == 1 else f"{stated}#{again}"
        repeated = "name-taken" if again > 1 else None
        refusal, read = refusal or bomb or repeated, _reader(archive, info)
        entries.append(Entry(name, refusal, info.file_size, read, blob.etag, blob.last_modified, guessed))
    return entries


def _stated_count(blob: Blob, handle: IO[bytes]) -> int:
    """How many files the zip states.

    Raises:
        DataError: zipfile would hold twenty times as much as what the directory has.
    """
    end = zipfile._EndRecData(handle)  # type: ignore[attr-defined]
    size = end[zipfile._ECD_SIZE] if end else 0  # type: ignore[attr-defined]
    if size > _DIRECTORY:
        rule = f"the zip's directory has {size:,} bytes, the most allowed is {_DIRECTORY:,}"
        raise DataError(blob.place, rule, "split it, or make it a tar, which is read from front to back")
    return int(end[zipfile._ECD_ENTRIES_TOTAL]) if end else 0  # type: ignore[attr-defined]


def _reader(archive: ZipFile, info: ZipInfo) -> Callable[[int], bytes]:
    return lambda limit: read_first(archive, info, limit)


def _refusal(info: ZipInfo) -> str | None:
    if is_unsafe(info.filename):
        return "unsafe-path"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    mode = info.external_attr >> 16
    refusal = kind_refusal(mode) if stat.S_IFMT(mode) else None
    return refusal or ("unpacks-too-far" if info.file_size > MAX_RATIO * max(info.compress_size, 1) else None)
