"""Streams inside of files: what is behind a head, what takes a digest, what can be read from any place."""

import hashlib
import tempfile
from io import SEEK_SET, RawIOBase
from typing import Any, BinaryIO, Final, cast

_IN_MEMORY: Final = 64 << 20  # bytes
_LARGEST: Final = 4 << 30  # bytes that are unpacked to the disk
_BLOCK: Final = 1 << 20


def spooled(stream: BinaryIO, begun: bytes = b"") -> BinaryIO:
    """What is left of a stream, in memory or on the disk: a compressed one begins anew at each step back.

    Args:
        begun: what was read of it before.

    Raises:
        OSError: it is too large, or the disk is full.
    """
    copy = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed by whoever asked for it
    copy.write(begun)
    while block := stream.read(_BLOCK):
        copy.write(block)
        if copy.tell() > _LARGEST:
            raise OSError(f"over {_LARGEST >> 30} GiB inside of an archive")
    copy.seek(0)
    return cast("BinaryIO", copy)


class Behind(RawIOBase):
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


class Hashing:
    """A stream that takes the digest of what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data
