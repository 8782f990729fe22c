"""Writer in whole large pages: what the kernel is given at once it keeps and maps as one page."""

import os
from pathlib import Path
from typing import Final

from silverprint.imaging.slices import Piece

PAGE: Final = 2**21  # bytes; the largest page that x86-64 and arm64 have for files


class PageWriter:
    """Writes `path` anew, PAGE bytes at a time; the rest waits in memory for `finish`.

    Raises:
        OSError: when a page is written: no space, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._waiting: list[Piece] = []
        self._bytes = 0  # bytes that wait

    def write(self, *parts: Piece) -> None:
        self._waiting += parts
        self._bytes += sum(map(len, parts))
        if self._bytes >= PAGE:
            self._flush(self._bytes - self._bytes % PAGE)

    def finish(self) -> None:
        """Writes what waits, through to the disk, and closes the file."""
        self._flush(self._bytes)
        os.fsync(self._file.fileno())
        self.close()

    def close(self) -> None:
        """Drops what waits."""
        self._file.close()

    def _flush(self, count: int) -> None:
        joined = memoryview(b"".join(self._waiting))
        for start in range(0, count, PAGE):
            rest = joined[start : min(start + PAGE, count)]
            while rest:  # the disk is nearly full where one call does not do
                rest = rest[self._file.write(rest) or 0 :]
        self._waiting, self._bytes = [bytes(joined[count:])], len(joined) - count
