"""Files and folders that are whole or absent: written beside their place, then renamed."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silverprint.errors import DiskError

# EFBIG: a file-size limit (quota by ulimit) reads the same to a user as a full disk.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's word for 'full' or 'read-only' into a DiskError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskError(str(path), "no space left to write it", "free some space and run again") from error
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise DiskError(str(path), "cannot be written", "check the folder's owner and mode") from error
        raise


@contextmanager
def replacing(path: Path, mode: int = 0o644, *, lasting: bool = True) -> Iterator[Path]:
    """A temporary path to write to; becomes `path` at the end, or vanishes if the block raises.

    Args:
        lasting: whether it is on the disk when the block has ended. Without it the machine must go on for a while: a
            power failure leaves no file, an empty or a short one.

    Raises:
        DiskError: no space, or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # left by a killed process that had the same number
        try:
            yield temporary
            temporary.chmod(mode)
            if lasting:
                with temporary.open("rb") as handle:
                    os.fsync(handle.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, mode: int = 0o644, *, lasting: bool = True) -> None:
    """`data` as the file `path`, atomically; see `replacing`."""
    with replacing(path, mode, lasting=lasting) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """`text` as the UTF-8 file `path`, atomically."""
    write_bytes(path, text.encode("utf-8"), mode)


def write_new(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """`data` as the file `path`, whole, unless there is one; False where there is. Of several that try, one writes it.

    Raises:
        DiskError: no space, or the folder cannot be written; then nothing is there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    write_bytes(beside, data, mode)
    try:
        with disk_errors(path):
            os.link(beside, path)
    except FileExistsError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """An empty temporary folder to fill; takes the place of `path` at the end, or vanishes if the block raises.

    What a kill left behind is removed by the next call.

    Raises:
        DiskError: no space, or the parent folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    with disk_errors(path):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            shutil.rmtree(path, ignore_errors=True)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
