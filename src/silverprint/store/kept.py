"""What this machine worked out and may lose: used while it is whole and of the same thing, else as if not there.

A file is 32 bytes of SHA-256 and what they are of: a line that says what the content follows from, and the content.
"""

import hashlib
from pathlib import Path
from typing import Final

from silverprint.store import files

_DIGEST: Final = 32  # bytes


def keep(path: Path, of: str, content: bytes) -> None:
    """
    Args:
        of: one line; what `kept` must ask for.

    Raises:
        DiskError: no space.
    """
    whole = of.encode() + b"\n" + content
    files.write_bytes(path, hashlib.sha256(whole).digest() + whole)


def kept(path: Path, of: str) -> bytes | None:
    """The content; None where there is none, it is damaged, or of something else."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    digest, whole = found[:_DIGEST], found[_DIGEST:]
    head = of.encode() + b"\n"
    if not whole.startswith(head) or hashlib.sha256(whole).digest() != digest:
        return None
    return whole.removeprefix(head)
