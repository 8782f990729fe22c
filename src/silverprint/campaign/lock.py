"""Lock for one process at a time: a killed `dvc` leaves its child running, and a second one must not push beside it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silverprint import layout
from silverprint.errors import UnavailableError
from silverprint.store.files import disk_errors


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Holds the lock `name` until the block ends; the system frees it if the process dies.

    Raises:
        UnavailableError: another process holds it.
        DiskError: no space, or the folder cannot be written.
    """
    path = layout.LOCKS / f"{name}.lock"
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(path, descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        rule, remedy = f"process {holder} is already running it", f"wait for it to end, or stop it: kill {holder}"
        raise UnavailableError(str(path), rule, remedy) from None
    with disk_errors(path):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
