"""First bytes of a zip's entry, with never many more of them in memory.

Of bzip2 and LZMA, zipfile unpacks all that it has read at once, which can be thousands of times as much: those two are
unpacked here.
"""

from bz2 import BZ2Decompressor
from collections.abc import Callable
from copy import copy
from lzma import FORMAT_ALONE, LZMADecompressor, LZMAError
from typing import IO, Final, TypeAlias
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import crc32

Unpacker: TypeAlias = BZ2Decompressor | LZMADecompressor

_STEP: Final = 65_536  # packed bytes read at a time
_LZMA_MEMORY: Final = 512 * 1024 * 1024  # bytes that an LZMA entry may ask for; 7-Zip's largest preset needs half of it


def read_first(archive: ZipFile, info: ZipInfo, limit: int) -> bytes:
    """The first `limit` bytes of an entry; all of it is no more than stated, and has the checksum that is stated.

    Raises:
        BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError, OverflowError: damaged.
        NotImplementedError: packed in a way that zipfile does not know.
    """
    start = _STARTS.get(info.compress_type)
    if start is None:
        with archive.open(info) as handle:
            return handle.read(limit)
    packed = copy(info)
    packed.compress_type, packed.file_size = ZIP_STORED, info.compress_size
    del packed.CRC  # the CRC of the unpacked bytes, not of these
    with archive.open(packed) as handle:
        data = _unpacked(start(handle), handle, limit)
    if len(data) < limit and (len(data) > info.file_size or crc32(data) != info.CRC):
        raise BadZipFile("more than stated, or a wrong checksum")
    return data


def _unpacked(unpacker: Unpacker, handle: IO[bytes], limit: int) -> bytes:
    data = bytearray()
    while len(data) < limit and not unpacker.eof:
        step = handle.read(_STEP) if unpacker.needs_input else b""
        if unpacker.needs_input and not step:
            break
        data += unpacker.decompress(step, limit - len(data))
    return bytes(data)


def _bzip2(handle: IO[bytes]) -> Unpacker:
    return BZ2Decompressor()


def _lzma(handle: IO[bytes]) -> Unpacker:
    """Behind the version and size of the properties (APPNOTE 5.8.8), a .lzma stream without its size."""
    size = int.from_bytes(handle.read(4)[2:], "little")
    if size != 5:
        raise LZMAError("unknown properties")
    unpacker = LZMADecompressor(FORMAT_ALONE, memlimit=_LZMA_MEMORY)
    unpacker.decompress(handle.read(size) + b"\xff" * 8)
    return unpacker


_STARTS: dict[int, Callable[[IO[bytes]], Unpacker]] = {ZIP_BZIP2: _bzip2, ZIP_LZMA: _lzma}
