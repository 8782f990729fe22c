"""Pointer: the small file that stands in an output for a large one that lies in a bucket."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from silverprint.errors import DataError, restore_remedy
from silverprint.store import files

SUFFIX: Final = ".object"


@dataclass(frozen=True)
class Pointer:
    """
    Attributes:
        address: of the object, s3://bucket/prefix/ and its SHA-256.
        sha256: of its bytes.
        size: of it, bytes.
        purged: addresses of objects that stood here before and were replaced, oldest first: a purge deletes them.
    """

    address: str
    sha256: str
    size: int
    purged: tuple[str, ...] = ()


def pointer_path(path: Path) -> Path:
    """Where the pointer that stands for `path` lies."""
    return path.with_name(path.name + SUFFIX)


def read(path: Path) -> Pointer | None:
    """What stands for `path`; None where nothing does.

    Raises:
        DataError: the pointer is not readable.
    """
    there = pointer_path(path)
    try:
        found = json.loads(there.read_text(encoding="utf-8"))
        return Pointer(str(found["address"]), str(found["sha256"]), int(found["size"]), tuple(found["purged"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise DataError(str(there), "not a readable pointer", restore_remedy(path.parent)) from None


def write(path: Path, pointer: Pointer) -> None:
    """Makes `pointer` stand for `path`, atomically.

    Raises:
        DiskError: no space.
    """
    files.write_text(pointer_path(path), json.dumps(asdict(pointer)) + "\n")
