"""A drop read in place: nothing is unpacked to the disk."""

import stat
from pathlib import Path
from zipfile import is_zipfile

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.folder import folder_entries
from silverprint.adapters.archive.manifest import MANIFEST, Stated, read_manifest
from silverprint.adapters.archive.zipped import zip_entries
from silverprint.config import ArchiveSource
from silverprint.console import say, track
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.intake import Answer, Intake, Showing
from silverprint.store.licenses import spdx


def unpack(name: str, source: ArchiveSource, intake: Intake) -> None:
    """Reads `source` (its key in params.yaml: `name`) into `intake`; each entry is a picture or a row with a reason.

    Raises:
        UnavailableError: the folder or the file is not there, or closed to us.
        ConfigError: it is neither a folder nor a zip.
        DataError: the zip is damaged, or its manifest cannot be understood.
        DiskError: from the intake.
    """
    path = Path(source.path)
    entries = _entries(f"sources.{name}.path = {source.path!r}", path)
    manifest = read_manifest(path, entries)
    stated = manifest or {}
    with_rows = [entry for entry in entries if entry.name != MANIFEST]
    unnamed = 0 if manifest is None else sum(entry.name not in stated for entry in with_rows)
    for entry in track(with_rows, f"reading {name}"):
        showing = _showing(path, entry.name, stated.pop(entry.name, None), source)
        intake.take(showing, entry.answer(source.max_bytes))
    for missing in sorted(stated):
        intake.take(_showing(path, missing, stated[missing], source), Answer("failed", "missing"))
    if unnamed:
        say(f"acquire {name}: {MANIFEST} does not name {unnamed} of {len(with_rows)} files")


def _entries(value: str, path: Path) -> list[Entry]:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        remedy = "put it there or mend the path (the sample drop: make demo)"
        raise UnavailableError(value, "no such folder or file", remedy) from None
    if stat.S_ISDIR(mode):
        return list(folder_entries(path))
    # A pipe would keep whoever opens it waiting, so this is asked first.
    if not stat.S_ISREG(mode) or not (_begins_as_zip(path) or is_zipfile(path)):
        raise ConfigError(value, "must be a folder or a zip", "mend the path; put single pictures into a folder")
    return zip_entries(path)


def _begins_as_zip(path: Path) -> bool:
    """Whether it is meant to be a zip, though perhaps cut off."""
    try:
        with path.open("rb") as handle:
            return handle.read(2) == b"PK"
    except OSError as error:
        rule = f"the file cannot be read ({error.strerror})"
        raise UnavailableError(str(path), rule, "check its owner and mode") from None


def _showing(archive: Path, entry: str, stated: Stated | None, source: ArchiveSource) -> Showing:
    url = f"{archive.name}!{entry}"
    if stated is None:
        stated = Stated()
    if stated.license:
        return Showing(url, stated.page_url, spdx(stated.license), "manifest", stated.label)
    license_ = spdx(source.license or "")
    return Showing(url, stated.page_url, license_, "source" if license_ else None, stated.label)
