"""Random access to the bytes of one file, on disk or on S3."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Blob:
    """A file on the disk or an object on S3.

    Attributes:
        place: where, as a message names it.
        size: bytes.
        open: its bytes, seekable; to be closed by whoever opened it.
        etag: of its version, where its store names one; then all that is read is of that version.
        last_modified: as its store says.
    """

    place: str
    size: int
    open: Callable[[], IO[bytes]]
    etag: str | None = None
    last_modified: str | None = None


def open_local(path: Path) -> Blob:
    return Blob(str(path), path.stat().st_size, lambda: path.open("rb"))
