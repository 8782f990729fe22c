"""Streaming decompression of one file, in bounded memory and up to a limit of unpacked bytes."""

import io
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Callable
from gzip import GzipFile
from lzma import FORMAT_XZ, LZMADecompressor, LZMAError
from types import TracebackType
from typing import IO, Final, Protocol, Self

from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

from silverprint.adapters.archive.entries import MAX_RATIO, Blob, UnpacksTooFar

# Exceptions that damaged streams were seen to raise.
DAMAGE: Final = (OSError, EOFError, zlib.error, LZMAError, ZstdError)

_ALWAYS: Final = 64 * 1024 * 1024  # bytes that any archive may unpack to: a small one may be mostly padding
_STEP: Final = 65_536
_MEMORY: Final = 512 * 1024 * 1024  # bytes that xz may ask for; its largest preset needs 65 MB
_WINDOW: Final = 27  # log2 of the bytes that zstd may look back to, as its own program has it


class Unpacker(Protocol):
    """What bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Unpacked(io.RawIOBase):
    """Streams of one kind, one behind the other, as parallel packers write them."""

    def __init__(self, packed: IO[bytes], start: Callable[[], Unpacker]) -> None:
        self._packed, self._start = packed, start
        self._unpacker = start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            step = b""
            if self._unpacker.eof:
                step = self._unpacker.unused_data or self._packed.read(_STEP)
                if not step.strip(b"\0"):  # padding, or nothing
                    return 0
                self._unpacker = self._start()
            elif self._unpacker.needs_input and not (step := self._packed.read(_STEP)):
                raise EOFError("cut off")
            if data := self._unpacker.decompress(step, len(buffer)):
                buffer[: len(data)] = data
                return len(data)


def _zstd() -> Unpacker:
    return ZstdDecompressor(options={DecompressionParameter.window_log_max: _WINDOW})


_PACKED: Final[dict[bytes, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": lambda packed: GzipFile(fileobj=packed),  # type: ignore[dict-item,return-value]
    b"BZh": lambda packed: io.BufferedReader(_Unpacked(packed, BZ2Decompressor), _STEP),
    b"\xfd7zXZ\0": lambda packed: io.BufferedReader(
        _Unpacked(packed, lambda: LZMADecompressor(FORMAT_XZ, memlimit=_MEMORY)), _STEP
    ),
    b"\x28\xb5\x2f\xfd": lambda packed: io.BufferedReader(_Unpacked(packed, _zstd), _STEP),
}


class Stream:
    """The bytes of a file that may be packed (gzip, bzip2, xz, Zstandard), read once from front to back.

    Attributes:
        position: bytes passed so far.
        packed: whether they are unpacked on the way.

    Raises:
        UnpacksTooFar: from `read` and `skip`, beyond MAX_RATIO times the file's size.
        one of DAMAGE: from them and the constructor.
    """

    def __init__(self, blob: Blob) -> None:
        self._file = blob.open()
        self.position = 0
        start = self._file.read(6)
        self._file.seek(0)
        unpack = next((unpack for magic, unpack in _PACKED.items() if start.startswith(magic)), None)
        self.packed = unpack is not None
        self._bytes = unpack(self._file) if unpack else self._file
        self._size = blob.size
        self._most = max(_ALWAYS, MAX_RATIO * self._size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.close()

    def read(self, count: int) -> bytes:
        """The next `count` bytes; fewer only at the end."""
        data = self._bytes.read(count)
        self._pass(len(data))
        return data

    def skip(self, count: int) -> None:
        """Goes on by `count` bytes, or to the end."""
        if not self.packed:
            self.position = self._file.seek(min(self.position + count, self._size))
            return
        while count > 0 and (data := self.read(min(count, _STEP))):
            count -= len(data)

    def drain(self) -> None:
        """To the end, where the checksum over all of it stands."""
        while self.packed and self.read(_STEP):
            pass

    def _pass(self, count: int) -> None:
        self.position += count
        if self.packed and self.position > self._most:
            raise UnpacksTooFar
