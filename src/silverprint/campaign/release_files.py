"""Files of a release: SHA256SUMS, which names each of them with its digest, as `sha256sum --check` reads it.

A release that is given away is held against it first, and its Parquet files against what the ledger knows of its
version.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from silverprint.campaign import released
from silverprint.core.reporting import release_changes
from silverprint.errors import DataError
from silverprint.store import files

NAME: Final = "SHA256SUMS"


def write(folder: Path) -> None:
    """Writes it into `folder`, whose other files are there."""
    lines = (f"{digest}  {path.relative_to(folder).as_posix()}\n" for path, digest in _digests(folder))
    files.write_text(folder / NAME, "".join(lines))


def require_whole(folder: Path, version: int, digest: str, remedy: str) -> None:
    """Refuses a release of which something was lost, changed or added, or that is of another version.

    Args:
        digest: of the version, as its row of records.RELEASES has it.
        remedy: what makes the release anew.

    Raises:
        DataError: it is one.
    """
    told = _told(folder, remedy)
    for path, found in _digests(folder):
        known = told.pop(path.relative_to(folder).as_posix(), None)
        if known is None:
            rule = f"it is no file of this release: {NAME} does not name it"
            raise DataError(str(path), rule, f"remove it, or {remedy}")
        if known != found:
            raise DataError(str(path), f"it is not the file that was released: {NAME} has another digest", remedy)
    if told:
        others = f", and {len(told) - 1:,} others are" if len(told) > 1 else ""
        raise DataError(str(folder / min(told)), f"it is lost{others}: {NAME} names it", remedy)
    if release_changes.digest(released.version_rows(folder)) != digest:
        raise DataError(str(folder), f"its Parquet files do not hold the pictures and labels of v{version}", remedy)


def _told(folder: Path, remedy: str) -> dict[str, str]:
    """Path from `folder` -> digest, as the file says."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise DataError(str(folder), f"it has no {NAME}, by which its files are checked", remedy) from None
    except UnicodeDecodeError:
        raise DataError(str(folder / NAME), "it is no text", remedy) from None
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digests(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every other file with its SHA-256; a picture that several formats have as one file on the disk is read once."""
    known: dict[tuple[int, int], str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / NAME:
            found = path.stat()
            place = (found.st_dev, found.st_ino)
            if place not in known:
                with path.open("rb") as opened:
                    known[place] = hashlib.file_digest(opened, "sha256").hexdigest()
            yield path, known[place]
