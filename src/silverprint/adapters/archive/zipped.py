"""The files of a zip."""

import stat
import weakref
from collections import Counter
from collections.abc import Callable
from zipfile import BadZipFile, ZipFile, ZipInfo

from silverprint.adapters.archive.blobs import Blob
from silverprint.adapters.archive.entries import MAX_RATIO, Entry, is_unsafe, kind_refusal
from silverprint.adapters.archive.unpacking import first
from silverprint.errors import DataError

_ENCRYPTED = 0x1


def zip_entries(blob: Blob) -> list[Entry]:
    """Every file of a zip, in its order; the zip stays open as long as its entries live.

    Of several entries of one name the first has it; each other is refused, under the name with `#2`, `#3`, ... behind.

    Raises:
        DataError: not a zip that can be read.
    """
    handle = blob.open()
    try:
        archive = ZipFile(handle)
    except (BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        handle.close()
        raise DataError(blob.place, f"not a readable zip ({error})", "ask the partner for it again") from None
    weakref.finalize(archive, handle.close)
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    refusals = [_refusal(info) for info in infos]
    honest = sum(info.file_size for info, refusal in zip(infos, refusals, strict=True) if refusal is None)
    bomb = "unpacks-too-far" if honest > MAX_RATIO * blob.size else None
    seen: Counter[str] = Counter()
    entries = []
    for info, refusal in zip(infos, refusals, strict=True):
        seen[info.filename] += 1
        again = seen[info.filename]
        name = info.filename if again == 1 else f"{info.filename}#{again}"
        repeated = "name-taken" if again > 1 else None
        refusal, read = refusal or bomb or repeated, _reader(archive, info)
        entries.append(Entry(name, refusal, info.file_size, read, blob.etag, blob.last_modified))
    return entries


def _reader(archive: ZipFile, info: ZipInfo) -> Callable[[int], bytes]:
    return lambda limit: first(archive, info, limit)


def _refusal(info: ZipInfo) -> str | None:
    if is_unsafe(info.filename):
        return "unsafe-path"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    mode = info.external_attr >> 16
    refusal = kind_refusal(mode) if stat.S_IFMT(mode) else None
    return refusal or ("unpacks-too-far" if info.file_size > MAX_RATIO * max(info.compress_size, 1) else None)
