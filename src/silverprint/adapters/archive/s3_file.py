"""S3 object as a file, read by byte ranges of one version; the ranges grow while it is read in order."""

import errno
import io
import os
from collections.abc import Callable
from typing import IO, Any, Final

from silverprint.adapters.archive.entries import Blob
from silverprint.errors import UnavailableError
from silverprint.store.s3 import SCHEME, call

_SMALLEST: Final = 64 * 1024  # bytes of a range: of a directory, or of one picture somewhere
_LARGEST: Final = 8 * 1024 * 1024  # bytes of a range when read from front to back; one range is held

Fetch = Callable[[int, int], bytes]


def find_object(address: str) -> Blob | None:
    """The object at `address` (s3://bucket/key); None where only others lie below it.

    What is opened raises, whenever it is read:
        UnavailableError: S3 does not answer, or the object is gone, or is another one by now.
        NotAllowedError: we may not read it.

    Raises:
        UnavailableError, NotAllowedError: likewise, or nothing is there.
    """
    import s3fs

    key = address.removeprefix(SCHEME)
    if not key.partition("/")[2]:
        return None
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    handle = call(address, lambda: system.open(key, "rb", cache_type="none"))  # the handle reads only its own version
    facts = handle.details
    if facts["type"] == "directory":
        return None
    modified, etag = facts.get("LastModified"), facts["ETag"].strip('"') or None
    fetch = _fetching(address, handle)
    return Blob(
        address, handle.size, lambda: _opened(fetch, handle.size), etag, modified.isoformat() if modified else None
    )


def _opened(fetch: Fetch, size: int) -> IO[bytes]:
    return io.BufferedReader(RangeReader(fetch, size), _SMALLEST)


def _fetching(address: str, handle: Any) -> Fetch:
    from s3fs.utils import FileExpired

    def got(start: int, end: int) -> bytes:
        handle.seek(start)
        data: bytes = handle.read(end - start)
        return data

    def fetch(start: int, end: int) -> bytes:
        try:
            data: bytes = call(address, lambda: got(start, end))
        except UnavailableError as error:
            if isinstance(error.__cause__, FileExpired):
                rule = "the object was replaced while it was read"
                raise UnavailableError(address, rule, "run it again: the new one is read from its start") from None
            raise
        if len(data) < end - start:
            raise UnavailableError(address, f"S3 gave {len(data)} of {end - start} bytes", "try again")
        return data

    return fetch


class RangeReader(io.RawIOBase):
    """`size` bytes by ranges, of which one is held.

    A range is small where the reader has leapt, and twice the one before where it goes on, so that a directory costs
    little, a whole archive few requests, and a zip that leads us back and forth no more than it holds many times over.

    Args:
        fetch: the bytes from a start to an end.
        size: of all.
    """

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size
        self._at = self._start = self._step = 0
        self._held = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the position as in any file; beyond the end nothing is read.

        Raises:
            OSError: before the start.
        """
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._at = at
        return at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        if not 0 <= self._at - self._start < len(self._held):
            self._hold()
        data = memoryview(self._held)[self._at - self._start :][: len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _hold(self) -> None:
        leap = self._at - self._start - len(self._held)
        goes_on = 0 <= leap < self._step
        self._step = min(2 * self._step, _LARGEST) if goes_on else _SMALLEST
        # A leap is mostly to the end of something, whose start is wanted next.
        self._start = self._at if goes_on else self._at - self._at % _SMALLEST
        self._held = b""  # before the next one is there: one of them is enough
        self._held = self._fetch(self._start, min(self._start + self._step, self._size))
