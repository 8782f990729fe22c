"""One process at a time: a killed `dvc` leaves its child running, and a second one must not push beside it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from silverprint import layout
from silverprint.errors import UnavailableError


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Holds the lock `name` until the block ends; the system frees it if the process dies.

    Raises:
        UnavailableError: another process holds it.
    """
    path = layout.LOCKS / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise UnavailableError(
                str(path), f"process {holder} is at it already", f"wait for it to end, or stop it: kill {holder}"
            ) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield
