"""Names of entries in a zip or tar: decoded, compared, and refused where they cannot be an image."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final
from zipfile import ZipInfo
from zlib import crc32

from silverprint.adapters.archive.entries import Entry
from silverprint.core.unicode_names import to_nfc

AUTO: Final = "auto"
_UTF8_FLAG: Final = 0x800
_UNICODE_PATH: Final = 0x7075  # Info-ZIP's extra field: the name in UTF-8, and the CRC of the one that it is for
# Folders and files that file managers, servers of files and Git leave beside the pictures.
_LEFT: Final = frozenset(
    {
        *("__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information"),
        *("thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"),
    }
)


def zip_name(info: ZipInfo, encoding: str) -> tuple[str, bool]:
    """An entry's name, and whether that is a guess: nothing says how its bytes are to be read, and it is no UTF-8.

    The order is: what the zip declares (its flag for UTF-8, the Unicode Path field where its checksum is that of the
    name), then `encoding` where it is not `auto`, then UTF-8 where it decodes, then CP437, which every byte is.

    Args:
        encoding: of names that are not declared. It goes before UTF-8, for 图片 in GBK happens to be UTF-8 as well.
    """
    if info.flag_bits & _UTF8_FLAG:
        return info.filename, False
    raw = info.orig_filename.encode("cp437")  # undoes zipfile's decoding
    declared = _unicode_path(info.extra, raw)
    if declared is not None:
        return declared, False
    raw = raw.partition(b"\0")[0]
    if raw.isascii():
        return raw.decode("ascii"), False
    text = decode_name(raw, encoding)
    return (text, False) if text is not None else (raw.decode("cp437"), encoding == AUTO)


def decode_name(raw: bytes, encoding: str) -> str | None:
    """The name in `encoding`, else in UTF-8; None where it is neither."""
    for one in ([] if encoding == AUTO else [encoding]) + ["utf-8"]:
        try:
            return raw.decode(one)
        except UnicodeDecodeError:
            continue
    return None


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the Unicode Path field (APPNOTE 4.6.9); None where there is none for this name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (checksum,) = struct.unpack("<L", field[1:5])
            try:
                name = field[5:].decode("utf-8")
            except UnicodeDecodeError:
                continue
            if checksum == crc32(raw) and "\0" not in name:
                return name
    return None


def comparison_key(name: str) -> str:
    """What is the same for all that name one file: composed or not, `/` or `\\`, `./` before it or not."""
    name = to_nfc(name).replace("\\", "/")
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name


def junk_reason(name: str) -> str | None:
    """What makes of an entry no picture of anybody's (`__MACOSX`, a hidden folder, `._a.jpg`); None: it may be one."""
    if name.startswith("(after "):  # the place where a tar breaks off
        return None
    *folders, file = comparison_key(name).split("/")
    for part in (*folders, file):
        if part.casefold() in _LEFT:
            return part
    hidden = next((part for part in folders if part.startswith(".") and part != ".."), None)
    return hidden or ("._*" if file.startswith("._") else None)


def refuse_twins(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries; of two whose names differ in their Unicode form alone the first has it, the other is refused."""
    seen: set[str] = set()
    for entry in entries:
        if not entry.name.isascii():
            name = to_nfc(entry.name)
            if name in seen:
                entry = replace(entry, refusal=entry.refusal or "name-taken")
            seen.add(name)
        yield entry
