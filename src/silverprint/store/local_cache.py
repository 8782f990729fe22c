"""Local cache of what this machine computed and may lose: used only while it is whole and of the same input.

A file is 32 bytes of SHA-256 and what they are of: a line that says what the content follows from, and the content.
"""

import hashlib
from pathlib import Path
from typing import Final

from silverprint.store import files

_DIGEST: Final = 32  # bytes


def write(path: Path, of: str, content: bytes) -> None:
    """
    Args:
        of: one line; what `read` must ask for.

    Raises:
        DiskError: no space.
    """
    head = _head(of)
    files.write_bytes(path, b"".join([_digest(head, content), head, content]))


def read(path: Path, of: str) -> bytes | None:
    """The content; None where there is none, it is damaged, or of something else."""
    head = _head(of)
    try:
        with path.open("rb") as handle:
            digest, found, content = handle.read(_DIGEST), handle.read(len(head)), handle.read()
    except OSError:
        return None
    return content if found == head and digest == _digest(head, content) else None


def _head(of: str) -> bytes:
    return of.encode() + b"\n"


def _digest(head: bytes, content: bytes) -> bytes:
    whole = hashlib.sha256(head)
    whole.update(content)
    return whole.digest()
